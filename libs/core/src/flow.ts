import type { App, Key } from "./apps/apps.js";
import type { DigestAlgorithm, DigestEncoding } from "./crypto/algorithms.js";
import type { Progress } from "./errors.js";
import type { SignableRequest } from "./http/signable-request.js";
import type { Claims, ContentClaim } from "./scheme/claims.js";
import type { Reading, Scheme } from "./scheme/scheme.js";

/*
 * A request on its way from the wire to its principal. Each stage takes only the type that the stage before
 * it makes, so the wrong order does not compile:
 *
 *   SignableRequest → Claimed → Keyed → Authentic → Intact → Routed → Timely → Permitted → Fresh → Principal
 */

declare const stage: unique symbol;

/** A request, and what it says of itself under one of its schemes. Made by `readClaims` alone. */
export interface Claimed {
  readonly scheme: Scheme;
  readonly head: SignableRequest;
  readonly reading: Reading;
  readonly [stage]: "claimed";
}

/** … with the keys that may have made its MAC. Made by `resolveKey` alone. */
export interface Keyed {
  readonly claimed: Claimed;
  readonly app: App | undefined;
  /** One or two keys; the dummy key where the app is unknown or has none that will do. */
  readonly candidates: readonly Key[];
  /** When they were looked for. */
  readonly nowMs: number;
  readonly [stage]: "keyed";
}

/** The holder of `key` made the head of this request. Made by `compare` alone. */
export interface Authentic {
  readonly scheme: Scheme;
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

/** … from where its app may send, and of an app that has the scopes. Made by `checkPermission` alone. */
export interface Permitted extends Timely {
  readonly [stage]: "permitted" | "fresh";
}

/** … and for the first time. Made by `rejectReplay` alone. */
export interface Fresh extends Permitted {
  readonly [stage]: "fresh";
}

/** The bytes of a request's content, whoever reads them. */
export interface Content {
  /**
   * Waits until all bytes are there and says how many; at once where they are.
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
export function progressOf({ scheme, claims, canonicalRequest }: Authentic): Progress {
  return { appId: claims.appId, scheme: scheme.name, canonicalRequest };
}
