import type { RefusalCode } from "../errors.js";
import type { Principal } from "../principal.js";

/** A request was judged. Holds neither key nor MAC. */
export type Verdict = Accepted | Refused;

/** A request was let in. */
export interface Accepted {
  readonly outcome: "accepted";
  readonly principal: Principal;
  /** Hex SHA-256 of the canonical request. */
  readonly canonicalSha256: string;
  /** Present only for an observer with `canonicalRequests: true`. */
  readonly canonicalRequest?: string;
}

/** A request was turned away. */
export interface Refused {
  readonly outcome: "refused";
  readonly code: RefusalCode;
  /** What the caller saw. */
  readonly status: number;
  /** The id under which the caller was answered, where it was given one. */
  readonly requestId?: string;
  /** The code and a detail without secrets. */
  readonly message: string;
  /** What no caller is told, under `diagnostics: "respond"` neither: which revoked key made the MAC, for one. */
  readonly note?: string;
  /** The AppId that the request claimed. */
  readonly appId?: string;
  readonly scheme?: string;
  /** The keys that did not make the MAC, eight hex digits each: enough to tell keys apart, and nothing of their bytes. */
  readonly keyFingerprints?: readonly string[];
  /** Hex SHA-256 of the canonical request, where the check came that far. */
  readonly canonicalSha256?: string;
  /** Present only for an observer with `canonicalRequests: true`. */
  readonly canonicalRequest?: string;
}

/** A nonce store was asked once. Holds neither nonce nor AppId. */
export interface ClaimMeasured {
  /** `doubtful` when the store threw, whatever the reason: the request is then refused with 503. */
  readonly outcome: "fresh" | "seen" | "doubtful";
  readonly durationMs: number;
}

/** Told of every verdict. What it throws, or rejects with, is dropped: it cannot change a verdict. */
export interface Observer {
  observe(verdict: Verdict): void;
  /** Told of every claim of a nonce, before the verdict that follows from it. */
  observeClaim?(claim: ClaimMeasured): void;
  /** Asks for the text of canonical requests, which may hold personal data. */
  readonly canonicalRequests?: boolean;
}
