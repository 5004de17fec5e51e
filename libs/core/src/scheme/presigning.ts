import { Refusal } from "../errors.js";
import { isSafe } from "../http/receive.js";
import type { PresignedMoment, UnsignedRequest } from "./draft.js";

/** What differs between the formats of presigned URLs. */
interface PresigningTerms {
  /** Whether the target has credentials already. */
  readonly isPresigned: boolean;
  /** The longest life that the format can say. */
  readonly maxSeconds: number;
}

/**
 * Checks what every format asks of a request before it becomes a presigned URL.
 * @throws Refusal `method-refused`, `content-undigested`, `credentials-repeated`, `credentials-malformed`
 */
export function refuseUnpresignable(
  { method, headers, contentSha256 }: UnsignedRequest,
  { expiresSeconds }: PresignedMoment,
  { isPresigned, maxSeconds }: PresigningTerms,
): void {
  refuseUnpresignableMethod(method);
  if (contentSha256 !== undefined)
    throw new Refusal("content-undigested", "a presigned URL has no content");
  if (headers.has("authorization") || isPresigned)
    throw new Refusal("credentials-repeated", "a presigned URL has credentials of its own");
  if (!Number.isSafeInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > maxSeconds)
    throw new Refusal(
      "credentials-malformed",
      `a presigned URL lives for 1 to ${maxSeconds} whole seconds`,
    );
}

/**
 * A URL is handed around: it may read, and change nothing.
 * @throws Refusal `method-refused`
 */
export function refuseUnpresignableMethod(method: string): void {
  if (!isSafe(method)) throw new Refusal("method-refused", "a presigned URL is for GET or HEAD");
}
