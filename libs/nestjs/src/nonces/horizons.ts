import type { NonceHorizon, SharedHorizon } from "@lacre/core";

/** Stands for the moment at which the store takes a text over: it alone knows. No scheme can have this name. */
export const NOW = '"<now>"';

/** By scheme: seconds, aheadSeconds, sinceMs, and beforeSeconds or null for Infinity. */
type Written = Readonly<Record<string, readonly [number, number, number, number | null]>>;

/**
 * For how long all who share a store remember nonces, as the store keeps it beside them. Grows when a verifier comes
 * that needs them for longer, and never shrinks: nobody knows who still relies on it.
 */
export class Horizons {
  static readonly NONE = new Horizons("{}");
  readonly #bySchemes: ReadonlyMap<string, SharedHorizon>;

  /** @throws Error for a text that is none of ours */
  constructor(readonly text: string) {
    this.#bySchemes = new Map(
      Object.entries(JSON.parse(text) as Written).map(([scheme, written]) => [
        scheme,
        horizonFrom(written),
      ]),
    );
  }

  of(scheme: string): SharedHorizon | undefined {
    return this.#bySchemes.get(scheme);
  }

  /** How much later than thought a nonce of this scheme may go, where others have come meanwhile. */
  laterBy(scheme: string | undefined, known: Horizons): number {
    if (scheme === undefined || known === this) return 0;
    return Math.max(0, (this.of(scheme)?.seconds ?? 0) - (known.of(scheme)?.seconds ?? 0));
  }

  /**
   * The text for a store that is needed for longer, with `NOW` in it; undefined where it does as it is.
   * @param nowMs by the store's clock
   */
  grown(needed: ReadonlyMap<string, NonceHorizon>, nowMs: number): string | undefined {
    const grown: Record<string, readonly unknown[]> = {};
    let isLonger = false;
    for (const scheme of new Set([...this.#bySchemes.keys(), ...needed.keys()])) {
      const [horizon, isNew] = longer(this.of(scheme), needed.get(scheme), nowMs);
      isLonger ||= isNew;
      const { seconds, aheadSeconds, sinceMs, beforeSeconds } = horizon;
      const before = Number.isFinite(beforeSeconds) ? beforeSeconds : null;
      grown[scheme] = [seconds, aheadSeconds, Number.isNaN(sinceMs) ? "<now>" : sinceMs, before];
    }
    return isLonger ? JSON.stringify(grown) : undefined;
  }
}

/** What is there with what is needed, and whether that is more. A moment that is now is written NaN. */
function longer(
  there: SharedHorizon | undefined,
  needed: NonceHorizon | undefined,
  nowMs: number,
): readonly [horizon: SharedHorizon, isNew: boolean] {
  if (needed === undefined) return [there as SharedHorizon, false];
  if (there === undefined) return [{ ...needed, sinceMs: 0, beforeSeconds: Infinity }, true];
  const aheadSeconds = Math.max(there.aheadSeconds, needed.aheadSeconds);
  const isFurtherAhead = aheadSeconds > there.aheadSeconds;
  if (needed.seconds <= there.seconds) return [{ ...there, aheadSeconds }, isFurtherAhead];
  // Requests from before the last growth are too old for the longest window too, or their claims are what matters.
  const isSettled = nowMs > there.sinceMs + (needed.seconds + aheadSeconds) * 1000;
  const beforeSeconds = isSettled ? there.seconds : Math.min(there.seconds, there.beforeSeconds);
  return [{ seconds: needed.seconds, aheadSeconds, sinceMs: NaN, beforeSeconds }, true];
}

function horizonFrom(written: Written[string]): SharedHorizon {
  const [seconds, aheadSeconds, sinceMs, before] = written;
  const beforeSeconds = before ?? Infinity;
  for (const number of [seconds, aheadSeconds, sinceMs, beforeSeconds])
    if (typeof number !== "number" || !(number >= 0)) throw new Error("that is no horizon");
  return { seconds, aheadSeconds, sinceMs, beforeSeconds };
}
