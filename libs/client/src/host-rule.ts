/*
 * Which host a client signs: that which its library sends (docs/protocol.md section 16). What is given to be signed has a
 * Host in its headers, or else that of the URL is signed.
 *
 * undici, got, and axios and supertest on node:http send a Host that they are given in place of the URL's: nothing is to
 * be done. fetch and XMLHttpRequest are never given one.
 */
import { ConfigurationError } from "@lacre/core/portable";

/**
 * What `fetch` and XMLHttpRequest say themselves: the host of the URL, and what belongs to one connection (RFC 9110
 * §7.6.1). Most drop these fields, Bun's sends a given Host, Node's refuses some of the others, or waits for ever.
 */
const SET_BY_FETCH = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
] as const;

/** Takes these out before anything is signed: they come with a request of somebody else's that is sent on. */
export function leaveToFetch(headers: { delete(name: string): unknown }): void {
  for (const name of SET_BY_FETCH) headers.delete(name);
}

/**
 * Refuses a Host where the library would send it beside another one in `:authority`.
 * @throws ConfigurationError
 */
export function refuseHostBesideAuthority(given: unknown, url: URL): void {
  if (given === undefined || given === url.host) return;
  throw new ConfigurationError(
    "headers.host",
    "must be the host of the URL with http2: true. Another would be sent beside it.",
    "Leave it out, or use http2: false.",
  );
}
