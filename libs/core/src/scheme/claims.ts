import type { DigestAlgorithm, DigestEncoding } from "../crypto/algorithms.js";
import type { MacRecipe } from "../crypto/mac-recipe.js";

/**
 * What a request says about its content: nothing, so it must have none; a digest that the MAC covers, so the bytes are
 * compared after the MAC, by their digest or in a way of the scheme's own; a MAC over the content or its digest, which
 * must be known before; or a MAC that does not cover the content at all, which only a weak scheme says.
 */
export type ContentClaim =
  | { readonly kind: "none" }
  | {
      readonly kind: "declared";
      readonly algorithm: DigestAlgorithm;
      readonly encoding: DigestEncoding;
      /** As the request writes it. */
      readonly digest: string;
      /** It may only say that there is none. */
      readonly mustBeEmpty?: true;
    }
  | { readonly kind: "checked"; matches(bytes: Uint8Array): boolean }
  | { readonly kind: "maced"; readonly from: ContentUse }
  | { readonly kind: "uncovered" };

/** What must be known of content while it arrives: its digest, or its very bytes. */
export type ContentUse = DigestAlgorithm | "bytes";

/** What a request says of itself: well-formed, nothing proven. */
export interface Claims {
  readonly appId: string;
  /** How its MAC is made. */
  readonly recipe: MacRecipe;
  /** Whole seconds since 1970. */
  readonly timestampSeconds: number;
  /** The last second in which the sender itself says that it is good, where it says so. Shortens, never lengthens. */
  readonly goodUntilSeconds?: number;
  /**
   * Replay key, unique per app: the nonce, or what stands in its place where the scheme has none. Empty: `compare` uses
   * the SHA-256 of the canonical request.
   */
  readonly nonce: string;
  /** An id that the MAC does not cover: what is good once is the canonical request under this id. Only where `nonce` is empty. */
  readonly unsignedId?: string;
  /**
   * Good again within its time, unless the route says otherwise: there is no nonce, and nothing is changed. Only where
   * the MAC covers the method, or a POST could be sent again as GET.
   */
  readonly repeatable?: boolean;
  /** The names of the signed headers, in the order of the list. */
  readonly signedHeaders: readonly string[];
  /** As the request writes it. */
  readonly mac: string;
  /** Further MACs, of which any will do: a sender that changes its key sends one for each. */
  readonly otherMacs?: readonly string[];
  readonly content: ContentClaim;
  /** Present when the credentials came in the URL. */
  readonly presigned?: Presigned;
}

/** The terms of a URL that carries its own credentials. */
export interface Presigned {
  /** How long it is good for, from its timestamp on; the end is not included. */
  readonly expiresSeconds: number;
}
