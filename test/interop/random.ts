/** Random choices that a seed repeats (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(choices: ArrayLike<T>): T {
    return choices[this.below(choices.length)] as T;
  }

  times<T>(atMost: number, make: () => T): T[] {
    return Array.from({ length: this.below(atMost + 1) }, make);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items];
    return items.map(() => rest.splice(this.below(rest.length), 1)[0] as T);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Repeats a run exactly; another one with `INTEROP_SEED=…`. */
export const SEED = Number(process.env["INTEROP_SEED"] ?? 20150830);

/** Runs one random case after the other. What fails says which case of which seed it was. */
export async function forEachCase(
  count: number,
  run: (random: Random, index: number) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    try {
      await run(new Random(SEED + index), index);
    } catch (error) {
      throw new Error(`INTEROP_SEED=${SEED}, case ${index}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
