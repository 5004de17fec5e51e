/*
 * Which fields must be signed, and which cannot be.
 */

/** Fields by which middleware makes another method of a request. */
export const METHOD_OVERRIDES: readonly string[] = [
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
];

/** Fields that change what a request means: they must be signed whenever they are sent. */
export const SIGNED_WHEN_PRESENT: readonly string[] = [
  "content-digest",
  "content-encoding",
  "content-language",
  "content-range",
  "content-type",
  "idempotency-key",
  ...METHOD_OVERRIDES,
];

/**
 * Of those, what makes another request of the same content. A scheme that cannot sign a header at all refuses a request
 * that has one of these.
 */
export const REFUSED_WHEN_UNSIGNABLE: readonly string[] = [
  "content-encoding",
  "content-range",
  ...METHOD_OVERRIDES,
];

/** Fields that proxies change, split or drop: signing them would break honest requests. */
export function isUnsignable(name: string): boolean {
  return UNSIGNABLE.has(name) || name.startsWith("proxy-") || name.startsWith("x-forwarded-");
}

const UNSIGNABLE: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "forwarded",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
]);

/**
 * Whether a sender leaves the field unsigned unless its user names it: libraries, runtimes and proxies add or rewrite
 * it on their own, and no decision rests on it (docs/protocol.md section 4).
 */
export function isUnsignedUnlessNamed(name: string): boolean {
  return UNSIGNED_UNLESS_NAMED.has(name) || OF_AN_EDGE.test(name);
}

const UNSIGNED_UNLESS_NAMED: ReadonlySet<string> = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "alt-used",
  "b3",
  "baggage",
  "cache-control",
  "cdn-loop",
  "dnt",
  "early-data",
  "max-forwards",
  "origin",
  "pragma",
  "priority",
  "referer",
  "save-data",
  "traceparent",
  "tracestate",
  "true-client-ip",
  "upgrade-insecure-requests",
  "user-agent",
  "x-amz-cf-id",
  "x-client-ip",
  "x-cloud-trace-context",
  "x-real-ip",
  "x-request-id",
]);

/** Browsers own `sec-…` (Fetch Standard, "forbidden request-header"), the other prefixes are those of proxies and clouds. */
const OF_AN_EDGE = /^(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-/;

/** Fields that change what a response means: they must be signed whenever they are sent. */
export const SIGNED_IN_ANSWERS: readonly string[] = [
  "content-digest",
  "content-encoding",
  "content-type",
  "lacre-clock",
  "location",
  "retry-after",
];
