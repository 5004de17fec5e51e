import type { KeyRules } from "../apps/apps.js";
import type { DigestEncoding, MacAlgorithm } from "../crypto/algorithms.js";
import type { Secret } from "../crypto/secret.js";
import type { RefusalCode } from "../errors.js";
import type { Authentic, Claims, ContentClaim, ContentUse } from "../flow.js";
import type { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { Window } from "../window.js";

/**
 * One wire format: its grammar, its canonical text, its MAC. A scheme keeps no state and does no I/O, and
 * schemes do not know each other.
 */
export interface Scheme extends KeyRules {
  /** The name by which configuration and routes speak of it: `lacre1`. */
  readonly name: string;
  /** What `WWW-Authenticate` names (RFC 9110 §11.6.1). */
  readonly challenges: readonly string[];
  /** What is set on every 401 beside `WWW-Authenticate`, where the scheme has such: always the same. */
  readonly refusalHeaders?: readonly HeaderEntry[];

  /** Whether the request carries credentials of this scheme, right or wrong. */
  recognises(request: SignableRequest): boolean;

  /** How long requests of this scheme are good by its own custom, where that is not as the server says. */
  readonly window?: Partial<Pick<Window, "maxAgeSeconds" | "futureSkewSeconds">>;
  /**
   * Whether one message may carry MACs of several keys. Whichever of them is shown, it is the same message and good once;
   * in all other schemes, what is made with another key is another request.
   */
  readonly takesSeveralMacs?: boolean;
  /** What this scheme does not protect from, a sentence each. Said at every start unless acknowledged. */
  readonly weaknesses?: readonly string[];

  /** What must be known of the content while it arrives, seen from the head, nothing checked. */
  contentUse(request: SignableRequest): ContentUse;

  /**
   * Reads the credentials and checks what they cover.
   * @throws Refusal
   */
  parse(request: SignableRequest): Claims;

  /**
   * What was signed, a code point for each byte. `content` is given where the MAC covers what the head does not hold:
   * the digest in hex or the bytes, as the claims say.
   */
  canonicalise(request: SignableRequest, claims: Claims, content?: string): string;

  /** The MAC over a canonical request, as a request of this scheme writes it. */
  mac(secret: Secret, claims: Claims, canonicalRequest: string): string;

  /** Prepares a request for its MAC. */
  draft(request: UnsignedRequest, signatory: Signatory, moment: Moment): RequestDraft;

  /** Prepares a URL that carries its own credentials, where the scheme has such. */
  draftPresigned?(
    request: UnsignedRequest,
    signatory: Signatory,
    moment: Moment,
    terms: PresignedTerms,
  ): PresignedDraft;

  /** How responses are signed, where the scheme has such. */
  readonly responses?: ResponseScheme;

  /**
   * What `WWW-Authenticate` says where an authentic request is refused with this code, so to the key's holder alone;
   * undefined where it says what everybody is told.
   */
  challenge?(code: RefusalCode, authentic: Authentic, nowSeconds: number): string | undefined;
}

/** How a scheme signs responses: its grammar and its canonical text. */
export interface ResponseScheme {
  /** The field that carries the signature, in lower case. */
  readonly field: string;
  /** Every field that it sets, as it writes their names. */
  readonly fields: readonly string[];
  /** The field that says that a request claimed a time outside of the window, where its signature covers one. */
  readonly clockField?: string;
  /** How the MAC is written. */
  readonly macEncoding: DigestEncoding;

  /** Prepares a response for its MAC. */
  draft(
    response: UnsignedResponse,
    request: AnsweredRequest,
    timestampSeconds: number,
  ): ResponseDraft;

  /**
   * Reads the field and checks that what it lists is there.
   * @throws Refusal
   */
  parse(response: SignableResponse, field: string, request: AnsweredRequest): ResponseClaims;

  /** What was signed, a code point for each byte. */
  canonicalise(
    response: SignableResponse,
    claims: ResponseClaims,
    request: AnsweredRequest,
  ): string;

  /**
   * Checks what the signature covers, and says what the content must be.
   * @throws Refusal
   */
  cover(response: SignableResponse, claims: ResponseClaims, request: AnsweredRequest): ContentClaim;
}

/** What a response answers: the head of a request, with its credentials, and what those say. */
export interface AnsweredRequest {
  readonly head: SignableRequest;
  readonly claims: Claims;
}

/** A request in the form in which it will be sent. */
export interface UnsignedRequest extends SignableRequest {
  /** SHA-256 of the content's bytes; undefined when there is none. */
  readonly contentSha256: ((encoding: DigestEncoding) => string) | undefined;
  /** The content's bytes, where they are at hand. */
  readonly content?: Uint8Array;
  /** Which of its headers to sign, in lower case, beside those that must be. */
  readonly signedHeaders: readonly string[];
}

/** Who signs. */
export interface Signatory {
  readonly appId: string;
  readonly algorithm: MacAlgorithm;
}

/** When, and what makes it unique. */
export interface Moment {
  readonly timestampSeconds: number;
  readonly nonce: string;
}

/** For how long a URL is good, and whether for once only. */
export interface PresignedTerms {
  readonly expiresSeconds: number;
  readonly singleUse: boolean;
}

/** A header's name and value. */
export type HeaderEntry = readonly [name: string, value: string];

/** All of a signed request but its MAC. */
export interface RequestDraft {
  /** What the request will say of itself; its `mac` is still empty. */
  readonly claims: Claims;
  /** What is to be MACed. */
  readonly canonicalRequest: string;
  /** The headers to set on the request, replacing what is there under these names. */
  headersWith(mac: string): readonly HeaderEntry[];
}

/** All of a presigned URL but its MAC. */
export interface PresignedDraft {
  readonly claims: Claims;
  readonly canonicalRequest: string;
  /** The request-target to be called. */
  targetWith(mac: string): string;
}

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
  /** What is to be MACed, a code point for each byte. */
  readonly canonicalResponse: string;
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
