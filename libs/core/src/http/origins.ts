import { ConfigurationError } from "../errors.js";
import { isHost, spellingsOf, withoutDefaultPort, type Origin } from "./host.js";
import { ORIGINS_CURE, readOrigin } from "./read-origin.js";

/** What stands for the star of a wildcard: one label of a name (RFC 1123 §2.1), in lower case. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_LISTED = 8;

type Known = Map<string, readonly Origin[]>;

/** The public origins of one server: which hosts a request may be signed for. */
export class Origins {
  /** Every spelling of a host that is ours, in lower case, to the origins that it can stand for. */
  readonly #known: Known | undefined;
  /** The same of what stands behind the first label, where any label may stand. */
  readonly #wild: Known;
  /** The origins as they were written, for the log; not all where there are many. */
  readonly listed: string;

  private constructor(listed: string, known?: Known, wild: Known = new Map()) {
    this.listed = listed;
    this.#known = known;
    this.#wild = wild;
  }

  /**
   * @param origins `["https://api.example.com"]`; `"https://*.example.com"` in it for every host with one label before
   *   `.example.com`; or `"*"` for any host: a request that was signed for another server that shares the key is then
   *   accepted here.
   * @throws ConfigurationError when the list is empty or an entry is no origin
   */
  static of(origins: readonly string[] | "*"): Origins {
    if (origins === "*") return new Origins("any");
    checkList(origins);
    const known: Known = new Map();
    const wild: Known = new Map();
    for (const [i, text] of origins.entries()) {
      const { isWildcard, ...origin } = readOrigin(text, `origins[${i}]`);
      for (const host of spellingsOf(origin)) enter(isWildcard ? wild : known, host, origin);
    }
    // A host that is named may be meant by a wildcard of the other scheme too.
    for (const host of known.keys())
      for (const origin of wildcardsOf(host, wild)) enter(known, host, origin);
    return new Origins(listOf(origins), known, wild);
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
    const lower = known === undefined ? host.toLowerCase() : host;
    const origins = known ?? this.#known.get(lower) ?? wildcardsOf(lower, this.#wild);
    return origins.length > 1
      ? (origins.find((each) => each.scheme === scheme) ?? origins[0])
      : origins[0];
  }
}

function enter(known: Known, host: string, origin: Origin): void {
  const others = known.get(host) ?? [];
  if (!others.some(({ scheme }) => scheme === origin.scheme)) known.set(host, [...others, origin]);
}

/**
 * The origins of this host, in lower case, by wildcards: exactly one label stands before what they name.
 */
function wildcardsOf(host: string, wild: Known): readonly Origin[] {
  if (wild.size === 0) return [];
  const dot = host.indexOf(".");
  const origins = dot < 0 ? undefined : wild.get(host.slice(dot));
  if (origins === undefined || !LABEL.test(host.slice(0, dot))) return [];
  // The host that came, so that the MAC binds it.
  return origins.map(({ scheme }) => ({ scheme, authority: withoutDefaultPort(host, scheme) }));
}

function checkList(origins: unknown): void {
  if (Array.isArray(origins) && origins.length > 0) return;
  if (Array.isArray(origins))
    throw new ConfigurationError("origins", "no public origin is given.", ORIGINS_CURE);
  throw new ConfigurationError("origins", "must be a list.", ORIGINS_CURE);
}

const listOf = (origins: readonly string[]): string =>
  origins.length > MAX_LISTED
    ? `${origins.slice(0, MAX_LISTED).join(", ")} and ${origins.length - MAX_LISTED} more`
    : origins.join(", ");
