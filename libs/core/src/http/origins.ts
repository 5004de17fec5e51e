import { ConfigurationError } from "../errors.js";

const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const DEFAULT_PORT = { https: ":443", http: ":80" } as const;

/** The scheme of a URL. */
export type UrlScheme = keyof typeof DEFAULT_PORT;

/** One public origin. */
export interface Origin {
  readonly scheme: UrlScheme;
  /** Host and port in lower case, without the default port of the scheme. */
  readonly authority: string;
}

/** The public origins of one server: which hosts a request may be signed for. */
export class Origins {
  /** Every spelling of a host that is ours, in lower case, to the origins that it can stand for. */
  readonly #known: ReadonlyMap<string, readonly Origin[]> | undefined;

  private constructor(known?: ReadonlyMap<string, readonly Origin[]>) {
    this.#known = known;
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
    const known = new Map<string, Origin[]>();
    const enter = (host: string, origin: Origin): void =>
      void known.set(host, [...(known.get(host) ?? []), origin]);
    for (const [i, text] of origins.entries()) {
      const origin = readOrigin(text, `origins[${i}]`);
      enter(origin.authority, origin);
      if (!/:\d+$/.test(origin.authority))
        enter(origin.authority + DEFAULT_PORT[origin.scheme], origin);
    }
    return new Origins(known);
  }

  /** Whether any host is taken. */
  get any(): boolean {
    return this.#known === undefined;
  }

  /**
   * The origin that this host stands for; undefined when it is not one of ours. `secure` (whether the connection is
   * TLS) counts where any host is taken, and where one is ours under both schemes.
   */
  find(host: string, secure: boolean): Origin | undefined {
    const scheme = secure ? "https" : "http";
    const known = this.#known?.get(host); // as it is nearly always written, and then surely a host
    if (known === undefined && !isHost(host)) return undefined;
    if (this.#known === undefined) return { scheme, authority: withoutDefaultPort(host, scheme) };
    const origins = known ?? this.#known.get(host.toLowerCase()) ?? [];
    return origins.length > 1 ? origins.find((each) => each.scheme === scheme) : origins[0];
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

function readOrigin(text: unknown, option: string): Origin {
  const [, scheme, host] = /^(https?):\/\/([^/]*)$/.exec(String(text)) ?? [];
  if (scheme === undefined || host === undefined || !HOST.test(host))
    throw new ConfigurationError(option, `${JSON.stringify(text)} is not an origin.`, CURE);
  return { scheme: scheme as UrlScheme, authority: withoutDefaultPort(host, scheme as UrlScheme) };
}
