import { Refusal, type RefusalCode } from "./errors.js";
import type { KeyStore } from "./ports/key-store.js";

/** Refusals that tell a stranger something while a right MAC is answered with 503. */
const TELLING: ReadonlySet<RefusalCode> = new Set([
  "app-unknown",
  "key-unusable",
  "signature-mismatch",
]);

/** How far the same request would have come with a right MAC. */
export interface RightRequest {
  /** Whether its nonce would have been claimed. */
  readonly wouldClaim: boolean;
  /** Whether the claim would have been refused, since the store's memory begins too late. */
  readonly isFenced: boolean;
}

/**
 * Whether a store is failing or turns look-ups away. While one does, an unknown app and a wrong MAC are answered with 503
 * as well, as a right MAC would be; otherwise it would show strangers which MACs are right, or which apps there are.
 */
export class Doubt {
  readonly #keys: KeyStore;
  #keysFailed = false;
  #noncesFailed = false;

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  /** Takes note of a failing key store, and turns a telling refusal into a 503 where a right MAC would get one. */
  answer(refusal: Refusal, { wouldClaim, isFenced }: RightRequest): Refusal {
    if (refusal.code === "keys-unavailable") this.#keysFailed = true;
    if (!TELLING.has(refusal.code)) return refusal;
    // A key store that caches knows better than its last answer whether it is failing.
    if (this.#keys.failing === undefined) this.#keysFailed = false;
    const keysFail = (this.#keys.failing ?? this.#keysFailed) || this.#keys.overloaded === true;
    return keysFail || (wouldClaim && (this.#noncesFailed || isFenced))
      ? new Refusal(refusal.code, undefined, { ...refusal.progress(), inDoubt: true })
      : refusal;
  }

  /** A claim has been answered. */
  noncesAnswered(): void {
    this.#noncesFailed = false;
  }

  /** A claim has failed. */
  noncesFailed(): void {
    this.#noncesFailed = true;
  }
}
