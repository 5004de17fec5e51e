import { after, type Maybe } from "../after.js";
import { Refusal } from "../errors.js";
import { progressOf, type Authentic, type Content, type Intact } from "../flow.js";
import type { ContentClaim, ContentUse } from "../scheme/claims.js";

/** Whether the content must be empty. */
export const forbidsContent = (claim: ContentClaim): boolean =>
  claim.kind === "none" || (claim.kind === "declared" && claim.mustBeEmpty === true);

/**
 * What is wrong with content, held against what was said of it; undefined when nothing is. Whether there is content is
 * decided by `byteLength`, what was counted, never by Content-Length.
 */
export function contentFault(
  claim: ContentClaim,
  byteLength: number,
  content: Pick<Content, "digest" | "bytes">,
): "content-undigested" | "content-mismatch" | undefined {
  if (forbidsContent(claim) && byteLength > 0) return "content-undigested";
  // No secret: whoever sent the content can compute it.
  const isRight =
    claim.kind === "declared"
      ? content.digest(claim.algorithm, claim.encoding) === claim.digest
      : claim.kind !== "checked" || claim.matches(content.bytes());
  return isRight ? undefined : "content-mismatch"; // "maced": the MAC was computed over these very bytes
}

/**
 * Compares the content's bytes with what was signed.
 * @param byteLength what `settle` counted
 * @throws Refusal `content-undigested`, `content-mismatch`
 */
export function checkBody(authentic: Authentic, content: Content, byteLength: number): Intact {
  const fault = contentFault(authentic.claims.content, byteLength, content);
  if (fault !== undefined) throw new Refusal(fault, undefined, progressOf(authentic));
  return authentic as Intact;
}

/**
 * For a handler that reads the content while it arrives: the stream fails instead of ending when its bytes are
 * not those that were signed, or more than `maxBytes`.
 * @throws Refusal `content-undigested` where the scheme's MAC must see the content first
 */
export function checkBodyAtItsEnd(
  authentic: Authentic,
  content: Content,
  maxBytes?: number,
): Intact {
  const claim = authentic.claims.content;
  if (claim.kind === "maced" || claim.kind === "checked" || claim.kind === "uncovered")
    throw new Refusal(
      "content-undigested",
      "a streamed route needs a declared digest",
      progressOf(authentic),
    );
  content.expect(claim, maxBytes);
  return authentic as Intact;
}

/**
 * What a scheme's MAC covers of the content: its digest in hex, or its bytes, a code point each. Throws what `settle`
 * throws.
 */
export function contentToMac(content: Content, use: ContentUse, maxBytes?: number): Maybe<string> {
  return after(content.settle(maxBytes), () =>
    use === "bytes" ? Buffer.from(content.bytes()).toString("latin1") : content.digest(use, "hex"),
  );
}
