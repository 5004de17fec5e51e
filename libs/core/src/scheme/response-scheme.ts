import type { DigestEncoding } from "../crypto/algorithms.js";
import type { MacRecipe } from "../crypto/mac-recipe.js";
import type { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { Claims, ContentClaim } from "./claims.js";

/** How a scheme signs responses: its grammar and its canonical text. */
export interface ResponseScheme {
  /** The field that carries the signature, in lower case. */
  readonly field: string;
  /** Every field that signing sets on an answer, as it is written. Whatever a handler sets under these names is replaced. */
  readonly fields: readonly string[];
  /** The field, signed, that tells a caller that its clock is the reason of a 401 (docs/protocol.md section 11). */
  readonly clockField?: string;

  /** Prepares a response for its MAC. */
  write(
    response: UnsignedResponse,
    request: AnsweredRequest,
    timestampSeconds: number,
  ): ResponseDraft;

  /**
   * Reads the field, once, and checks that what it lists is there. The content is not there yet.
   * @param field its value
   * @throws Refusal
   */
  read(response: SignableResponse, field: string, request: AnsweredRequest): ResponseReading;
}

/** What a response answers: the head of a request, with its credentials, and what those say. */
export interface AnsweredRequest {
  readonly head: SignableRequest;
  readonly claims: Claims;
}

/** A header's name and value. */
export type HeaderEntry = readonly [name: string, value: string];

/** A response: what can be signed of it. */
export interface SignableResponse {
  readonly status: number;
  readonly headers: HeaderLines;
  /** The content's bytes as they are sent, where there are any. */
  readonly content?: Uint8Array | undefined;
}

/** A response in the form in which it will be sent. */
export interface UnsignedResponse extends SignableResponse {
  /** SHA-256 of the content's bytes; undefined when there is none. */
  readonly contentSha256: ((encoding: DigestEncoding) => string) | undefined;
  /** Which of its headers to sign, in lower case, beside those that must be. */
  readonly signedHeaders: readonly string[];
}

/** All of a signed response but its MAC. */
export interface ResponseDraft {
  readonly recipe: MacRecipe;
  /** What is to be MACed, a code point for each byte. */
  readonly canonicalResponse: string;
  /** The headers to set, replacing what is there under these names. */
  headersWith(mac: string): readonly HeaderEntry[];
}

/** What a response says of itself: well-formed, nothing proven. */
export interface ResponseClaims {
  /** The server's clock when it signed, where the signature covers it. Whole seconds since 1970. */
  readonly timestampSeconds: number | undefined;
  readonly signedHeaders: readonly string[];
  /** As the response writes it. */
  readonly mac: string;
}

/** What was read of a response. */
export interface ResponseReading {
  readonly claims: ResponseClaims;
  readonly recipe: MacRecipe;
  /**
   * The canonical response: what was signed, a code point for each byte. A function where the MAC covers the content
   * itself: the content is read only once the head has been found well-formed.
   */
  readonly text: string | ((content: Uint8Array) => string);
  /**
   * Checks what the signature covers, and says what the content must be.
   * @throws Refusal
   */
  readonly cover: () => ContentClaim;
}
