import type { App, Key } from "./apps/apps.js";
import type { Progress } from "./errors.js";
import type { DigestAlgorithm, DigestEncoding, MacAlgorithm } from "./crypto/algorithms.js";
import type { SignableRequest } from "./http/signable-request.js";

/*
 * A request on its way from the wire to its principal. Each stage takes only the type that the stage before
 * it makes, so the wrong order does not compile:
 *
 *   SignableRequest → Claims → Keyed → Authentic → Intact → Routed → Timely → Permitted → Fresh → Principal
 */

declare const stage: unique symbol;

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
  /** The name of the scheme that read them. */
  readonly scheme: string;
  readonly appId: string;
  readonly algorithm: MacAlgorithm;
  /** Whole seconds since 1970. */
  readonly timestampSeconds: number;
  /** The last second in which the sender itself says that it is good, where it says so. Shortens, never lengthens. */
  readonly goodUntilSeconds?: number;
  /**
   * What makes the request one of its kind within its app: its nonce, or what stands in its place where the scheme has
   * none. Empty where that is all that was signed: `compare` then puts the SHA-256 of the canonical request here.
   */
  readonly nonce: string;
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

/** Claims with the keys that may have made their MAC. Made by `resolveKey` alone. */
export interface Keyed {
  readonly claims: Claims;
  readonly app: App | undefined;
  /** One or two keys; the dummy key where the app is unknown or has none that will do. */
  readonly candidates: readonly Key[];
  readonly [stage]: "keyed";
}

/** The holder of `key` made the head of this request. Made by `compare` alone. */
export interface Authentic {
  readonly head: SignableRequest;
  readonly claims: Claims;
  readonly app: App;
  readonly key: Key;
  readonly canonicalRequest: string;
  readonly [stage]: "authentic" | "intact" | "routed" | "timely" | "permitted" | "fresh";
}

/** … and its content too, or the stream fails before its end. Made by `checkBody` and `checkBodyAtItsEnd` alone. */
export interface Intact extends Authentic {
  readonly [stage]: "intact" | "routed" | "timely" | "permitted" | "fresh";
}

/** … on a route that takes it. Made by `checkRoute` alone. */
export interface Routed extends Intact {
  readonly [stage]: "routed" | "timely" | "permitted" | "fresh";
}

/** … within its time. Made by `checkWindow` alone. */
export interface Timely extends Routed {
  readonly [stage]: "timely" | "permitted" | "fresh";
}

/** … of an app that has the scopes. Made by `checkScopes` alone. */
export interface Permitted extends Timely {
  readonly [stage]: "permitted" | "fresh";
}

/** … and for the first time. Made by `rejectReplay` alone. */
export interface Fresh extends Permitted {
  readonly [stage]: "fresh";
}

/** Who made the request: what the application sees. */
export interface Principal {
  readonly appId: string;
  /** The id of the key that signed, for logs and rotation. */
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** What the configuration says of the app, such as its tenant. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scheme: string;
  /** Headers outside this list are not authenticated: no decision may rest on them. */
  readonly signedHeaders: readonly string[];
  /** Whole seconds since 1970, as signed. */
  readonly timestamp: number;
  /** Empty for a presigned URL that may be used more than once. */
  readonly nonce: string;
  /** Whether the credentials came in the URL: whoever was given it could send this request. */
  readonly presigned: boolean;
}

/** The bytes of a request's content, whoever reads them. */
export interface Content {
  /**
   * Waits until all bytes are there and says how many.
   * @param maxBytes how many the one who asks takes; the content's own limit where it is left out
   * @throws Refusal `content-too-large`, `content-incomplete`, `content-unread`
   */
  settle(maxBytes?: number): number | Promise<number>;
  /** The digest of all bytes, once settled. */
  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string;
  /** All bytes, once settled, where the scheme asked for them. */
  bytes(): Uint8Array;
  /**
   * From now on the content fails instead of ending unless its bytes are what was claimed, and at most `maxBytes`. Its
   * last bytes are not handed out before that is known.
   */
  expect(claim: ContentClaim, maxBytes?: number): void;
}

/** What a log may say of a request that was refused after its MAC was right. */
export function progressOf({ claims, canonicalRequest }: Authentic): Progress {
  return { appId: claims.appId, scheme: claims.scheme, canonicalRequest };
}
