import { Refusal } from "../errors.js";
import { isHost, withoutDefaultPort } from "../http/host.js";
import { checkRequestLine, onlyLine } from "../http/receive.js";
import { readHeaders, readUrl, type RequestToSign } from "./request-to-sign.js";
import { isUnsignable, isUnsignedUnlessNamed } from "../scheme/signed-fields.js";
import type { UnsignedRequest } from "../scheme/draft.js";
import type { HeaderEntry } from "../scheme/response-scheme.js";
import type { SignableRequest } from "../http/signable-request.js";

/** The content's bytes, where it is not given by its hash alone. */
const bytesOf = (content: RequestToSign["content"]): Uint8Array | undefined =>
  content === undefined || "sha256" in content ? undefined : content;

/**
 * Brings a request into the form in which a scheme drafts it: final target, host, the headers to sign.
 * @param isNamed whether a header is signed that senders leave unsigned unless it is named
 * @throws Refusal `method-refused`, `target-malformed`, `host-unknown`, `header-repeated`; ConfigurationError for what is
 *   no URL or no list of headers
 */
export function prepareRequest(
  request: RequestToSign,
  contentSha256: UnsignedRequest["contentSha256"],
  isNamed: (name: string) => boolean,
): UnsignedRequest {
  const url = readUrl(request.url);
  const headers = readHeaders(request.headers);
  const target = request.target ?? url.pathname + url.search;
  checkRequestLine(request.method, target);
  const host = headers.has("host") ? onlyLine(headers, "host") : url.host;
  if (!isHost(host)) throw new Refusal("host-unknown", "not a host");
  const content = bytesOf(request.content);
  const urlScheme = url.protocol === "http:" ? "http" : "https";
  return {
    method: request.method,
    target,
    host,
    authority: withoutDefaultPort(host, urlScheme),
    urlScheme,
    headers,
    contentSha256,
    ...(content !== undefined && { content }),
    signedHeaders: [...headers.names()].filter(
      (name) =>
        name !== "host" && !isUnsignable(name) && (!isUnsignedUnlessNamed(name) || isNamed(name)),
    ),
  };
}

/** The head of a request as it is sent: with what signing sets on it. */
export function signedHead(
  request: UnsignedRequest,
  entries: readonly HeaderEntry[],
): SignableRequest {
  const { method, target, host, authority, urlScheme } = request;
  let { headers } = request;
  for (const [name, value] of entries) headers = headers.with(name, value);
  return { method, target, host, authority, urlScheme, headers };
}
