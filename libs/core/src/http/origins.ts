import { ConfigurationError } from "../errors.js";

const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const DEFAULT_PORT = { https: ":443", http: ":80" } as const;
type UrlScheme = keyof typeof DEFAULT_PORT;

/** The public origins of one server: which hosts a request may be signed for. */
export class Origins {
  /** Every spelling of a host that is ours, in lower case, to the authority that is signed for it. */
  readonly #authorities: ReadonlyMap<string, string> | undefined;

  private constructor(authorities?: ReadonlyMap<string, string>) {
    this.#authorities = authorities;
  }

  /**
   * @param origins `["https://api.example.com"]`, or `"*"` for any host: a request that was signed
   *   for another server that shares the key is then accepted here.
   * @throws ConfigurationError when the list is empty or an entry is no origin
   */
  static of(origins: readonly string[] | "*"): Origins {
    if (origins === "*") return new Origins();
    if (!Array.isArray(origins) || origins.length === 0)
      throw new ConfigurationError("origins", "no public origin is given.", CURE);
    const authorities = new Map<string, string>();
    for (const [i, text] of origins.entries()) {
      const origin = readOrigin(text, `origins[${i}]`);
      authorities.set(origin.authority, origin.authority);
      if (!/:\d+$/.test(origin.authority))
        authorities.set(origin.authority + DEFAULT_PORT[origin.scheme], origin.authority);
    }
    return new Origins(authorities);
  }

  /** Whether any host is taken. */
  get any(): boolean {
    return this.#authorities === undefined;
  }

  /**
   * The authority that is signed for this host: lower case, without the default port of its scheme.
   * Undefined when the host is not one of ours. `secure` (whether the connection is TLS) counts for `"*"` alone.
   */
  authorityOf(host: string, secure: boolean): string | undefined {
    if (!isHost(host)) return undefined;
    if (this.#authorities !== undefined) return this.#authorities.get(host.toLowerCase());
    return withoutDefaultPort(host, secure ? "https" : "http");
  }
}

const CURE =
  'List what callers write before the path, for example origins: ["https://api.example.com"], or say "*" to take any host.';

/** Whether this is a host with an optional port (RFC 9110 §7.2), in US-ASCII. */
export const isHost = (host: string): boolean => HOST.test(host);

/** Lower case, without the default port of the scheme: the form of a host that LACRE1 signs. */
export function withoutDefaultPort(host: string, scheme: UrlScheme): string {
  const lower = host.toLowerCase();
  return lower.endsWith(DEFAULT_PORT[scheme])
    ? lower.slice(0, -DEFAULT_PORT[scheme].length)
    : lower;
}

function readOrigin(text: unknown, option: string): { scheme: UrlScheme; authority: string } {
  const [, scheme, host] = /^(https?):\/\/([^/]*)$/.exec(String(text)) ?? [];
  if (scheme === undefined || host === undefined || !HOST.test(host))
    throw new ConfigurationError(option, `${JSON.stringify(text)} is not an origin.`, CURE);
  return { scheme: scheme as UrlScheme, authority: withoutDefaultPort(host, scheme as UrlScheme) };
}
