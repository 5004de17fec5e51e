import type { KeyRules } from "../apps.js";
import type { DigestAlgorithm, DigestEncoding, MacAlgorithm } from "../crypto/algorithms.js";
import type { Secret } from "../crypto/secret.js";
import type { Claims } from "../flow.js";
import type { SignableRequest } from "../http/signable-request.js";

/**
 * One wire format: its grammar, its canonical text, its MAC. A scheme keeps no state and does no I/O, and
 * schemes do not know each other.
 */
export interface Scheme extends KeyRules {
  /** The name by which configuration and routes speak of it: `lacre1`. */
  readonly name: string;
  /** What `WWW-Authenticate` names (RFC 9110 §11.6.1). */
  readonly challenges: readonly string[];

  /** Whether the request carries credentials of this scheme, right or wrong. */
  recognises(request: SignableRequest): boolean;

  /** The hash by which the content's bytes must be taken while they arrive, seen from the head, nothing checked. */
  contentAlgorithm(request: SignableRequest): DigestAlgorithm;

  /**
   * Reads the credentials and checks what they cover.
   * @throws Refusal
   */
  parse(request: SignableRequest): Claims;

  /** What was signed. `contentDigest`, in hex, is given where the MAC covers a digest that the head does not hold. */
  canonicalise(request: SignableRequest, claims: Claims, contentDigest?: string): string;

  /** The MAC over a canonical request, as a request of this scheme writes it. */
  mac(secret: Secret, claims: Claims, canonicalRequest: string): string;

  /** Signs a request: the headers to add to it, and what was signed. */
  sign(request: UnsignedRequest, credentials: Credentials, moment: Moment): SignedRequest;
}

/** A request in the form in which it will be sent. */
export interface UnsignedRequest extends SignableRequest {
  /** SHA-256 of the content's bytes; undefined when there is none. */
  readonly contentSha256: ((encoding: DigestEncoding) => string) | undefined;
  /** Which of its headers to sign, in lower case, beside those that must be. */
  readonly signedHeaders: readonly string[];
}

/** Who signs. */
export interface Credentials {
  readonly appId: string;
  readonly secret: Secret;
  readonly algorithm: MacAlgorithm;
}

/** When, and what makes it unique. */
export interface Moment {
  readonly timestampSeconds: number;
  readonly nonce: string;
}

/** The outcome of signing. */
export interface SignedRequest {
  /** To be set on the request, replacing what is there under these names. */
  readonly headers: readonly (readonly [string, string])[];
  readonly canonicalRequest: string;
}
