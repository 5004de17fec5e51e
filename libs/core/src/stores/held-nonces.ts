import type { Held, NonceHold } from "../ports/nonce-store.js";

/** How many expired holds one claim drops at most. More than one, so that a backlog shrinks. */
const DROPS_PER_CLAIM = 64;

/**
 * The claims of a memory store that can be given back. Apart from all others: these come and go one by one, and a
 * million of those must not pay for it.
 */
export class HeldNonces {
  readonly #holds = new Map<string, MemoryHold>();
  readonly #expiring = new Map<number, Set<MemoryHold>>();
  /** The seconds in `#expiring`, ascending. */
  readonly #seconds: number[] = [];

  get size(): number {
    return this.#holds.size;
  }

  has(key: string): boolean {
    return this.#holds.has(key);
  }

  /** How a key stands, remembered until this second where it is done; undefined where nobody holds it. */
  find(key: string, doneUntil: number): Held | undefined {
    const hold = this.#holds.get(key);
    if (hold?.isDone !== true) return hold && "under-way";
    this.#extend(hold, doneUntil);
    return "done";
  }

  /** Holds a key that nobody holds. */
  take(key: string, second: number): NonceHold {
    const hold = new MemoryHold(this, key, second);
    this.#holds.set(key, hold);
    this.#enter(hold);
    return hold;
  }

  /** Whether this hold still stands: it may have expired, and its key be another's by now. */
  #stands(hold: MemoryHold): boolean {
    return this.#holds.get(hold.key) === hold;
  }

  giveBack(hold: MemoryHold): void {
    if (!this.#stands(hold)) return;
    this.#holds.delete(hold.key);
    this.#leave(hold);
  }

  markDone(hold: MemoryHold, second: number): void {
    hold.isDone = true;
    if (this.#stands(hold)) this.#extend(hold, second);
  }

  /** Drops a few of those that have expired. Returns the last second of which any was dropped. */
  dropExpired(nowSecond: number): number {
    let dropped = -Infinity;
    for (let left = DROPS_PER_CLAIM; left > 0; left--) {
      const second = this.#seconds[0];
      if (second === undefined || second > nowSecond) break;
      const [hold] = this.#expiring.get(second) as Set<MemoryHold>;
      this.giveBack(hold as MemoryHold); // no set is kept empty
      dropped = second;
    }
    return dropped;
  }

  clear(): void {
    this.#holds.clear();
    this.#expiring.clear();
    this.#seconds.length = 0;
  }

  #extend(hold: MemoryHold, second: number): void {
    if (hold.second >= second) return;
    this.#leave(hold);
    hold.second = second;
    this.#enter(hold);
  }

  #enter(hold: MemoryHold): void {
    const { second } = hold;
    const known = this.#expiring.get(second);
    if (known !== undefined) return void known.add(hold);
    let at = this.#seconds.length;
    while (at > 0 && (this.#seconds[at - 1] as number) > second) at--;
    this.#seconds.splice(at, 0, second);
    this.#expiring.set(second, new Set([hold]));
  }

  #leave(hold: MemoryHold): void {
    const { second } = hold;
    const holds = this.#expiring.get(second) as Set<MemoryHold>;
    holds.delete(hold);
    if (holds.size > 0) return;
    this.#expiring.delete(second);
    this.#seconds.splice(this.#seconds.indexOf(second), 1);
  }
}

class MemoryHold implements NonceHold {
  readonly #holds: HeldNonces;
  readonly key: string;
  /** When it expires. */
  second: number;
  isDone = false;

  constructor(holds: HeldNonces, key: string, second: number) {
    this.#holds = holds;
    this.key = key;
    this.second = second;
  }

  giveBack(): void {
    if (!this.isDone) this.#holds.giveBack(this);
  }

  markDone(untilMs: number): void {
    this.#holds.markDone(this, secondFrom(untilMs));
  }
}

/**
 * The second in which a key expires that is remembered until then.
 * @throws RangeError
 */
export function secondFrom(expiresAtMs: number): number {
  if (!Number.isFinite(expiresAtMs))
    throw new RangeError("expiresAtMs must be a finite number of milliseconds since 1970");
  return Math.ceil(expiresAtMs / 1000);
}
