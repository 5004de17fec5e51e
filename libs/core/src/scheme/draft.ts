import type { DigestEncoding, MacAlgorithm } from "../crypto/algorithms.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { Claims } from "./claims.js";
import type { HeaderEntry } from "./response-scheme.js";

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

/** When, for how long a URL is good, and whether for once only. */
export interface PresignedMoment extends Moment {
  readonly expiresSeconds: number;
  readonly singleUse: boolean;
}

/** All of a signed request but its MAC. */
export interface Draft {
  /** What the request will say of itself; its `mac` is still empty. */
  readonly claims: Claims;
  /** What is to be MACed, a code point for each byte. */
  readonly canonicalRequest: string;
  /**
   * What the MAC makes of it.
   * @param otherMacs those of further keys, at most one less than the form's `mostMacs`
   */
  signedWith(mac: string, ...otherMacs: string[]): Signed;
}

/** What signing changes in a request. */
export interface Signed {
  /** The headers to set, replacing what is there under these names. */
  readonly headers: readonly HeaderEntry[];
  /** The request-target to be called; the one that was given where it is left out. */
  readonly target?: string;
}
