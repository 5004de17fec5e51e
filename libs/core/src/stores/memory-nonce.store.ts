import { systemClock, type Clock } from "../ports/clock.js";
import { NonceStoreFullError, type NonceStore } from "../ports/nonce-store.js";

/** Settings of a memory store. */
export interface MemoryNonceStoreOptions {
  /** How many live nonces it holds at most. At 2,000 requests a second and 331 s each, 662,000 are alive. */
  readonly capacity?: number;
  readonly clock?: Clock;
  /** False for a store that is known to be the first of its kind: no request was ever accepted before it. */
  readonly fence?: boolean;
}

/**
 * Nonces of one process, in memory. A claim is synchronous, so nothing comes between its look and its record.
 * Expired nonces go a second's worth at a time; a live one is never dropped: when full, it throws.
 */
export class MemoryNonceStore implements NonceStore {
  #completeSinceMs: number | undefined;
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #live = new Set<string>();
  /** The keys that expire within each second. */
  readonly #expiring = new Map<number, string[]>();
  #sweptSecond: number;
  #nowMs = 0;

  constructor({
    capacity = 1_000_000,
    clock = systemClock,
    fence = true,
  }: MemoryNonceStoreOptions = {}) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#completeSinceMs = fence ? clock.nowMs() : undefined;
    this.#sweptSecond = Math.floor(clock.nowMs() / 1000);
  }

  get completeSinceMs(): number | undefined {
    return this.#completeSinceMs;
  }

  /** How many nonces it holds. */
  get size(): number {
    return this.#live.size;
  }

  /** Whether this nonce is held. */
  has(key: string): boolean {
    return this.#live.has(key);
  }

  claim(key: string, expiresAtMs: number): "fresh" | "seen" {
    if (!Number.isFinite(expiresAtMs)) throw new RangeError("expiresAtMs is no moment");
    this.#sweep();
    const kept = copyOf(key);
    const { size } = this.#live;
    if (size >= this.#capacity && !this.#live.has(kept))
      throw new NonceStoreFullError(`holds ${this.#capacity} live nonces`);
    this.#live.add(kept);
    if (this.#live.size === size) return "seen";
    const second = Math.max(Math.ceil(expiresAtMs / 1000), this.#sweptSecond + 1);
    const keys = this.#expiring.get(second);
    if (keys === undefined) this.#expiring.set(second, [kept]);
    else keys.push(kept);
    return "fresh";
  }

  /** Forgets everything, and remembers that it did: what it knew before is refused from now on. */
  clear(): void {
    this.#live.clear();
    this.#expiring.clear();
    this.#completeSinceMs = this.#clock.nowMs();
  }

  #sweep(): void {
    // A clock that was set back must not bring a window back with it.
    this.#nowMs = Math.max(this.#nowMs, this.#clock.nowMs());
    const currentSecond = Math.floor(this.#nowMs / 1000);
    if (currentSecond === this.#sweptSecond) return;
    if (currentSecond - this.#sweptSecond > this.#expiring.size) {
      for (const second of this.#expiring.keys()) if (second <= currentSecond) this.#drop(second);
    } else {
      for (let second = this.#sweptSecond + 1; second <= currentSecond; second++)
        this.#drop(second);
    }
    this.#sweptSecond = currentSecond;
  }

  #drop(second: number): void {
    for (const key of this.#expiring.get(second) ?? []) this.#live.delete(key);
    this.#expiring.delete(second);
  }
}

const scratch = Buffer.alloc(1024);

/** A string of its own: V8's pieces of a string keep the whole of it. */
function copyOf(text: string): string {
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString();
  return scratch.toString("utf8", 0, scratch.write(text));
}
