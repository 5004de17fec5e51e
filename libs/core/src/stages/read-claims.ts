import { after, type Maybe } from "../after.js";
import { Refusal } from "../errors.js";
import type { Claimed, Content } from "../flow.js";
import type { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { METHOD_OVERRIDES } from "../scheme/signed-fields.js";
import type { Form, Scheme } from "../scheme/scheme.js";
import { contentToMac } from "./check-body.js";

/**
 * Reads what the request says of itself, and what it covers.
 * @throws Refusal whatever the scheme refuses; `header-ambiguous`, `header-unsigned` for an open method override
 */
export function readClaims(scheme: Scheme, form: Form, head: SignableRequest): Claimed {
  const reading = form.read(head);
  refuseOpenOverrides(head.headers, reading.claims.signedHeaders);
  return { scheme, head, reading } as Claimed;
}

/**
 * Reads on where the scheme has part of its credentials in the content; at once where it has not.
 * @throws Refusal whatever the scheme refuses, and what `settle` throws
 */
export function finishClaims(
  claimed: Claimed,
  content: Content,
  maxBytes = Infinity,
): Maybe<Claimed> {
  const { finish } = claimed.reading;
  if (finish === undefined) return claimed;
  return after(
    contentToMac(content, "bytes", maxBytes),
    (bytes) => ({ ...claimed, reading: finish(bytes, maxBytes) }) as Claimed,
  );
}

/**
 * Middleware makes another method of a request that has one of these, so under no scheme may it stand unsigned.
 * @throws Refusal `header-ambiguous`, `header-unsigned`
 */
export function refuseOpenOverrides(headers: HeaderLines, signedHeaders: readonly string[]): void {
  for (const name of METHOD_OVERRIDES) {
    if (headers.hasTwin(name)) throw new Refusal("header-ambiguous", name);
    if (headers.has(name) && !signedHeaders.includes(name))
      throw new Refusal("header-unsigned", name);
  }
}
