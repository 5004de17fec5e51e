import type { DigestAlgorithm, DigestEncoding } from "./crypto/algorithms.js";
import type { MacRecipe } from "./crypto/mac-recipe.js";
import { Refusal, RESPONSE_FAULTS, ResponseRefusal, type ResponseFault } from "./errors.js";
import { HeaderLines } from "./http/header-lines.js";
import type { ContentClaim } from "./scheme/claims.js";
import type { AnsweredRequest, ResponseClaims } from "./scheme/response-scheme.js";
import type { Scheme } from "./scheme/scheme.js";

/** A response as it came off the wire. */
export interface ResponseToCheck {
  /** The method of the request that it answers. */
  readonly method: string;
  readonly status: number;
  /** Every header line, as names and values. */
  readonly headers: Iterable<readonly [string, string]>;
  /** The bytes as they were sent, before any decompression. */
  readonly content: Uint8Array;
}

/** A response whose content has not been read yet. */
export interface UnreadResponse extends Omit<ResponseToCheck, "content"> {
  /** Reads it: called once at most, and only when all that can be checked without it was right. */
  readonly content: () => ReadContent | Promise<ReadContent>;
}

/** Content that is kept elsewhere than in memory, such as in a file. */
export interface StoredContent {
  readonly byteLength: number;
  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string | Promise<string>;
  /** All of it, for a scheme whose MAC covers the bytes themselves. */
  bytes(): Uint8Array | Promise<Uint8Array>;
}

type ReadContent = Uint8Array | StoredContent;

/** What checking needs of cryptography, wherever it runs. */
export interface ResponseCryptography {
  /** Whether this is the MAC of a text under the key of the request. */
  isMac(recipe: MacRecipe, text: string, claimed: string): boolean | Promise<boolean>;
  digest(
    bytes: Uint8Array,
    algorithm: DigestAlgorithm,
    encoding: DigestEncoding,
  ): string | Promise<string>;
}

/**
 * Checks an answer against the request that it must belong to; the numbers are the steps of docs/protocol.md
 * section 11.
 * @throws ResponseRefusal
 */
export async function checkResponse(
  { responses }: Pick<Scheme, "responses">,
  request: AnsweredRequest,
  response: ResponseToCheck | UnreadResponse,
  cryptography: ResponseCryptography,
): Promise<ResponseClaims> {
  if (responses === undefined) throw new ResponseRefusal("signature-missing");
  const headers = HeaderLines.fromEntries(response.headers);
  const head = { status: response.status, headers };
  let read: ReadContent | undefined;
  const content = async (): Promise<ReadContent> => (read ??= await contentOf(response));
  try {
    if (!head.headers.has(responses.field)) throw new ResponseRefusal("signature-missing"); // 1
    const field = head.headers.only(responses.field);
    if (field === undefined) throw new ResponseRefusal("signature-repeated");
    const { claims, recipe, text, cover } = responses.read(head, field, request); // 2, 3
    const macedText = typeof text === "string" ? text : text(await bytesOf(await content()));
    if (!(await cryptography.isMac(recipe, macedText, claims.mac)))
      throw new ResponseRefusal("signature-mismatch"); // 4
    const claim = cover(); // 5, 6
    if (!hasNoContent(response)) await checkContent(claim, await content(), cryptography); // 7
    return claims;
  } catch (error) {
    throw error instanceof Refusal ? responseRefusalOf(error) : error;
  }
}

const bytesOf = (content: ReadContent): Uint8Array | Promise<Uint8Array> =>
  "bytes" in content ? content.bytes() : content;

async function contentOf(response: ResponseToCheck | UnreadResponse): Promise<ReadContent> {
  if (hasNoContent(response)) return new Uint8Array();
  const { content } = response;
  return typeof content === "function" ? content() : content;
}

async function checkContent(
  claim: ContentClaim,
  content: ReadContent,
  cryptography: ResponseCryptography,
): Promise<void> {
  if (claim.kind === "maced") return; // the MAC was computed over these very bytes
  if (claim.kind !== "declared" && claim.kind !== "checked") {
    if (content.byteLength > 0) throw new ResponseRefusal("content-undigested");
    return;
  }
  const isRight =
    claim.kind === "checked"
      ? claim.matches(await bytesOf(content))
      : (await digestOf(content, claim, cryptography)) === claim.digest;
  if (!isRight) throw new ResponseRefusal("content-mismatch");
}

const digestOf = (
  content: ReadContent,
  { algorithm, encoding }: Extract<ContentClaim, { kind: "declared" }>,
  cryptography: ResponseCryptography,
): string | Promise<string> =>
  "bytes" in content
    ? content.digest(algorithm, encoding)
    : cryptography.digest(content, algorithm, encoding);

/** RFC 9110 §6.4.1: whatever the fields say, nothing follows. */
function hasNoContent({ method, status }: Pick<ResponseToCheck, "method" | "status">): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

/** The rules for headers and digests are those of requests; all the others are about the grammar of the field. */
function responseRefusalOf({ code, message }: Refusal): ResponseRefusal {
  if (!(RESPONSE_FAULTS as readonly string[]).includes(code))
    return new ResponseRefusal("signature-malformed", message);
  const detail = message.slice(code.length + 2); // the message begins with the code
  return new ResponseRefusal(code as ResponseFault, detail === "" ? undefined : detail);
}
