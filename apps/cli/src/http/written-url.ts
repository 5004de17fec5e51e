import { UsageError } from "../exit.js";

/** A URL taken apart and left as it was written: `new URL()` would fold `/a/../b` and encode what it likes. */
export interface WrittenUrl {
  readonly scheme: "http" | "https";
  /** Without the default port of the scheme, as clients send it. */
  readonly host: string;
  /** Path and query, byte for byte. Begins with `/`. */
  readonly target: string;
}

const PARTS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)([^#]*)/i;
const DEFAULT_PORT = { http: 80, https: 443 } as const;

/**
 * Takes a URL apart. The fragment is dropped: it is never sent.
 * @param defaultScheme for a URL without one, as curl takes it
 * @throws UsageError
 */
export function readWrittenUrl(text: string, defaultScheme?: "http" | "https"): WrittenUrl {
  const [, written, authority = "", rest = ""] = PARTS.exec(text) ?? [];
  const scheme = written?.toLowerCase() ?? defaultScheme;
  if (scheme !== "http" && scheme !== "https")
    throw new UsageError(
      `${JSON.stringify(text)} is no http or https URL. Begin it with http:// or https://${text.startsWith("/") ? ", or use a profile with a url: lacre profiles --help" : ""}`,
    );
  const target = rest.startsWith("/") ? rest : `/${rest}`;
  const odd = /[^\x21-\x7e]/.exec(target)?.[0];
  if (odd !== undefined)
    throw new UsageError(
      `The URL holds ${JSON.stringify(odd)}, which cannot be sent as it is. Percent-encode it: ${encodeURIComponent(odd)}`,
    );
  return { scheme, host: readHost(authority, scheme), target };
}

/**
 * A path, seen from where an API is; a URL as it stands.
 * @throws UsageError for what is neither: it may be meant as a path or as a host
 */
export function seenFrom(baseUrl: string | undefined, text: string): string {
  if (baseUrl === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  const base = baseUrl.replace(/\/+$/, "");
  if (!text.startsWith("/"))
    throw new UsageError(
      `${JSON.stringify(text)} is neither a path nor a URL. Begin a path with /, so that it follows ${base}, and a URL with http:// or https://`,
    );
  return base + text;
}

/** The URL as text. */
export function formatUrl({ scheme, host, target }: WrittenUrl): string {
  return `${scheme}://${host}${target}`;
}

/** The URL with more query at its end. */
export function withQuery(url: WrittenUrl, query: string): WrittenUrl {
  const separator = !url.target.includes("?") ? "?" : /[?&]$/.test(url.target) ? "" : "&";
  return { ...url, target: url.target + separator + query };
}

function readHost(authority: string, scheme: "http" | "https"): string {
  if (authority.includes("@"))
    throw new UsageError(
      "The URL holds a user name. Take it out: a signed request has no other credentials.",
    );
  const [, name = "", port = ""] = /^(\[.*\]|[^:]*)(?::(\d*))?$/.exec(authority) ?? [];
  const normal = hostnameOf(authority);
  if (normal === undefined)
    throw new UsageError(
      `The URL's host ${JSON.stringify(authority)} is not valid. Write it as https://host:port/path`,
    );
  // Clients differ in how they rewrite such a name, and the host is signed.
  if (normal !== name.toLowerCase())
    throw new UsageError(
      `The URL's host ${JSON.stringify(name)} has another form on the wire. Write it as ${normal}`,
    );
  return port === "" || Number(port) === DEFAULT_PORT[scheme] ? name : `${name}:${Number(port)}`;
}

function hostnameOf(authority: string): string | undefined {
  try {
    return new URL(`http://${authority}/`).hostname || undefined;
  } catch {
    return undefined;
  }
}
