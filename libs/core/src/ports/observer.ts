import type { DeadKey, RefusalCode } from "../errors.js";
import type { Principal } from "../principal.js";

/** A request was judged. Holds neither key nor MAC. */
export type Verdict = Accepted | Refused | Greeted;

/** Of which request a verdict is. */
export interface RequestFacts {
  readonly method: string;
  /**
   * The pattern of its route as the framework knows it, `/orders/:id`. Absent where there is none: on a plain server, and
   * for what is refused before it is known which route it would reach.
   */
  readonly route?: string;
  /** The one id of the request: what a middleware, the logger or a proxy gave it, or else a new one. */
  readonly requestId: string;
  /**
   * The address that it came from: the peer's, or the one that `trustedProxies` name. Personal data, as a rule. Absent where
   * it is not known.
   */
  readonly address?: string;
  /** From its arrival to this verdict, by a clock that nobody sets. */
  readonly durationMs: number;
  /** How many bytes of content had come by then, as sent. Absent where nobody counts: the request has no credentials. */
  readonly bytes?: number;
  /** The claim of its nonce, where it came so far. */
  readonly claim?: RequestClaim;
}

/** A request was let in. */
export interface Accepted extends RequestFacts {
  readonly outcome: "accepted";
  readonly principal: Principal;
  /** Hex SHA-256 of the canonical request. */
  readonly canonicalSha256: string;
  /** Present only for an observer with `canonicalRequests: true`. */
  readonly canonicalRequest?: string;
}

/** A request was turned away. */
export interface Refused extends RequestFacts {
  readonly outcome: "refused";
  readonly code: RefusalCode;
  /** What the caller saw. */
  readonly status: number;
  /** The code and a detail without secrets. */
  readonly message: string;
  /** What no caller is told, under `diagnostics: "respond"` neither: which revoked key made the MAC, for one. */
  readonly note?: string;
  /** The key of the app that made the MAC and opens nothing now, where there is one: `note` in data. No caller is told of it. */
  readonly deadKey?: DeadKey;
  /** Whether the MAC was right. Unless it was, `appId` is what a stranger wrote. */
  readonly proven: boolean;
  /** The AppId that the request claimed. */
  readonly appId?: string;
  /** The id of the key that signed, where the MAC was right. */
  readonly keyId?: string;
  /** Whole seconds since 1970, as signed, where the MAC was right. Of a format that signs no time, when it was read. */
  readonly timestamp?: number;
  readonly scheme?: string;
  /** The keys that did not make the MAC, eight hex digits each: enough to tell keys apart, and nothing of their bytes. */
  readonly keyFingerprints?: readonly string[];
  /** The ids of these keys, in the same order: what `keyId` calls them where they make a MAC. */
  readonly keyIds?: readonly string[];
  /** Hex SHA-256 of the canonical request, where the check came that far. */
  readonly canonicalSha256?: string;
  /** Present only for an observer with `canonicalRequests: true`. */
  readonly canonicalRequest?: string;
}

/**
 * A first contact was answered: what a sender sends before its messages, or beside them. No handler ran. Holds neither the
 * challenge nor the answer.
 */
export interface Greeted extends RequestFacts {
  readonly outcome: "greeted";
  readonly scheme: string;
  /** The name of the contact, as the options of the scheme have it. */
  readonly contact: string;
  /** What the caller saw. */
  readonly status: number;
  /** Whether its MAC was right. Unless it was, a stranger has sent it, and wrote `appId`. */
  readonly proven: boolean;
  readonly appId: string;
}

/** A nonce store was asked once. Holds neither nonce nor AppId. */
export interface ClaimMeasured {
  /** `doubtful` when the store threw, whatever the reason: the request is then refused with 503. */
  readonly outcome: "fresh" | "seen" | "doubtful";
  readonly durationMs: number;
}

/** The claim of one request's nonce. */
export interface RequestClaim extends ClaimMeasured {
  /** How long after the arrival of the request it began. */
  readonly afterMs: number;
}

/** Told of every verdict. What it throws, or rejects with, is dropped: it cannot change a verdict. */
export interface Observer {
  observe(verdict: Verdict): void;
  /** Told of every claim of a nonce, before the verdict that follows from it. */
  observeClaim?(claim: ClaimMeasured): void;
  /** Asks for the text of canonical requests, which may hold personal data. */
  readonly canonicalRequests?: boolean;
}
