import { Refusal, type RefusalCode } from "../errors.js";
import type { KeyStore } from "../ports/key-store.js";

/** Refusals of what has no right MAC. */
const UNPROVEN: ReadonlySet<RefusalCode> = new Set([
  "app-unknown",
  "key-unusable",
  "signature-mismatch",
]);

/** How far a request came, and how far one of the same time comes with nothing wrong. */
export interface Standing {
  /** Whether its MAC was right. */
  readonly isProven: boolean;
  /** Whether its nonce would have been claimed. */
  readonly wouldClaim: boolean;
  /** Whether the claim would have been refused, since the store's memory begins too late. */
  readonly isFenced: boolean;
  /** Whether no time can be judged. */
  readonly isClockOff: boolean;
}

/**
 * Whether a store is failing or turns look-ups away. While one does, an unknown app and a wrong MAC are answered with 503
 * as well, as a right MAC would be; otherwise it would show strangers which MACs are right, or which apps there are.
 */
export class Doubt {
  readonly #keys: KeyStore;
  #noncesFailed = false;

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  /**
   * Turns whatever is refused once the key was looked up into a 503 where a request with nothing wrong would get one:
   * right and wrong MACs alike, whatever else is wrong with them.
   */
  answer(refusal: Refusal, { isProven, wouldClaim, isFenced, isClockOff }: Standing): Refusal {
    const { code } = refusal;
    if (!isProven && !UNPROVEN.has(code)) return refusal;
    const keysFail = this.#keys.failing === true || this.#keys.overloaded === true;
    const isInDoubt = keysFail || isClockOff || (wouldClaim && (this.#noncesFailed || isFenced));
    return isInDoubt && refusal.status !== 503
      ? new Refusal(code, undefined, { ...refusal.progress(), inDoubt: true })
      : refusal;
  }

  /** A nonce was new, and is remembered: the store works. One that it knew already says less. */
  noncesAnswered(): void {
    this.#noncesFailed = false;
  }

  /** A claim has failed. */
  noncesFailed(): void {
    this.#noncesFailed = true;
  }
}
