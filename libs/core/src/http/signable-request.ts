import type { HeaderLines } from "./header-lines.js";
import type { UrlScheme } from "./host.js";

/** Who sent a request, as the server knows it that took it in. */
export interface Sender {
  /** Its IP address. Undefined where it is not known. */
  readonly address: string | undefined;
}

/** The head of a request, taken in strictly: what can be signed of it. */
export interface SignableRequest {
  readonly method: string;
  /** The request-target as sent, with the configured path prefix before it. */
  readonly target: string;
  /** The host as the caller sent it. */
  readonly host: string;
  /** The host in lower case, without the default port of its scheme. */
  readonly authority: string;
  /** The scheme of the URL that was called, as the configured origins say. */
  readonly urlScheme: UrlScheme;
  readonly headers: HeaderLines;
  /** Cannot be signed. Absent where nobody has taken the request in. */
  readonly sender?: Sender | undefined;
}
