import type { NonceHorizon, SharedHorizon } from "@lacre/core";

/** Stands for the moment at which the store takes a text over: it alone knows. No scheme can have this name. */
export const NOW = '"<now>"';

/** By scheme: seconds, aheadSeconds, sinceMs, beforeSeconds or null for Infinity, and 1 while that is tentative. */
type Written = Readonly<Record<string, WrittenHorizon>>;
type WrittenHorizon = readonly [
  seconds: number,
  aheadSeconds: number,
  sinceMs: number | "<now>",
  beforeSeconds: number | null,
  isTentative?: 1,
];

/**
 * For how long all who share a store remember nonces, as the store keeps it beside them. Grows when a verifier comes
 * that needs them for longer, and never shrinks: nobody knows who still relies on it.
 *
 * It grows in two steps, since a database tells no moment at which others will see what is written. The first makes all
 * remember for longer. Once that is seen, the second says since when: whoever has not seen the first has judged its
 * requests before. Nobody relies on a horizon between the two.
 */
export class Horizons {
  static readonly NONE = new Horizons("{}");
  readonly #written: ReadonlyMap<string, WrittenHorizon>;
  readonly #horizons: ReadonlyMap<string, SharedHorizon>;

  /** @throws Error for a text that was not written by this class */
  constructor(readonly text: string) {
    this.#written = new Map(Object.entries(JSON.parse(text) as Written));
    this.#horizons = new Map(
      [...this.#written].map(([scheme, written]) => [scheme, horizonFrom(written)]),
    );
  }

  of(scheme: string): SharedHorizon | undefined {
    return this.#horizons.get(scheme);
  }

  /** How much later than thought a nonce of this scheme may go, where others have come meanwhile. */
  laterBy(scheme: string | undefined, known: Horizons): number {
    if (scheme === undefined || known === this) return 0;
    return Math.max(0, (this.of(scheme)?.seconds ?? 0) - (known.of(scheme)?.seconds ?? 0));
  }

  /**
   * What is needed, looking as far ahead as anybody did here: a memory that begins anew must not forget that, though
   * whoever looked so far may be gone.
   */
  asFarAhead(needed: ReadonlyMap<string, NonceHorizon>): ReadonlyMap<string, NonceHorizon> {
    return new Map(
      [...needed].map(([scheme, { seconds, aheadSeconds }]) => [
        scheme,
        { seconds, aheadSeconds: Math.max(aheadSeconds, this.of(scheme)?.aheadSeconds ?? 0) },
      ]),
    );
  }

  /**
   * The text for the next step towards what is needed, with `NOW` in it; undefined where nothing is left to do.
   * @param nowMs by the store's clock
   */
  grown(needed: ReadonlyMap<string, NonceHorizon>, nowMs: number): string | undefined {
    const grown = new Map(this.#written);
    for (const [scheme, horizon] of needed) {
      const next = this.#next(scheme, horizon, nowMs);
      if (next !== undefined) grown.set(scheme, next);
    }
    const text = JSON.stringify(Object.fromEntries(grown));
    return text === this.text ? undefined : text;
  }

  #next(scheme: string, needed: NonceHorizon, nowMs: number): WrittenHorizon | undefined {
    const there = this.of(scheme);
    if (there === undefined) return [needed.seconds, needed.aheadSeconds, 0, null];
    const { seconds, sinceMs, beforeSeconds } = there;
    const aheadSeconds = Math.max(there.aheadSeconds, needed.aheadSeconds);
    const before = Number.isFinite(beforeSeconds) ? beforeSeconds : null;
    if (needed.seconds > seconds) {
      // Requests from before the last growth are too old for the longest window too, or their claims are what matters.
      const isSettled = nowMs > sinceMs + (needed.seconds + aheadSeconds) * 1000;
      const relied = isSettled ? seconds : Math.min(seconds, beforeSeconds);
      return [needed.seconds, aheadSeconds, "<now>", relied, 1];
    }
    if (this.#written.get(scheme)?.[4] === 1) return [seconds, aheadSeconds, "<now>", before];
    return [seconds, aheadSeconds, sinceMs, before];
  }
}

function horizonFrom([seconds, aheadSeconds, sinceMs, before]: WrittenHorizon): SharedHorizon {
  const beforeSeconds = before ?? Infinity;
  for (const number of [seconds, aheadSeconds, sinceMs, beforeSeconds])
    if (typeof number !== "number" || !(number >= 0)) throw new Error("that is no horizon");
  return { seconds, aheadSeconds, sinceMs: sinceMs as number, beforeSeconds };
}
