import type { ThrottlerLimitDetail } from "@nestjs/throttler";

/** For how long at most a block is believed without asking the storage again: somebody may have lifted it there. */
const BELIEVED_MS = 5_000;
/** How many are kept; the oldest goes first. Whoever is forgotten costs one more question to the storage. */
const CAPACITY = 10_000;

interface Block {
  readonly detail: ThrottlerLimitDetail;
  readonly untilMs: number;
  readonly believedUntilMs: number;
}

/** Who is over a limit, as the storage has told this process: known at once, without asking the storage. */
export class Blocks {
  readonly #blocks = new Map<string, Block>();

  /** Whether nobody is blocked now. */
  get isEmpty(): boolean {
    // The oldest come first.
    for (const [who, { believedUntilMs }] of this.#blocks) {
      if (Date.now() < believedUntilMs) return false;
      this.#blocks.delete(who);
    }
    return true;
  }

  /** Notes that the storage has blocked somebody. */
  note(who: string, detail: ThrottlerLimitDetail): void {
    const nowMs = Date.now(); // the clock of the storages
    const untilMs = nowMs + detail.timeToBlockExpire * 1000;
    this.#blocks.delete(who);
    this.#blocks.set(who, {
      detail,
      untilMs,
      believedUntilMs: Math.min(untilMs, nowMs + BELIEVED_MS),
    });
    if (this.#blocks.size <= CAPACITY) return;
    const [oldest] = this.#blocks.keys();
    this.#blocks.delete(oldest as string);
  }

  /** What is known of a block that still holds, with the seconds that are left of it. */
  of(who: string): ThrottlerLimitDetail | undefined {
    const block = this.#blocks.get(who);
    if (block === undefined) return undefined;
    const nowMs = Date.now();
    if (nowMs < block.believedUntilMs)
      return { ...block.detail, timeToBlockExpire: Math.ceil((block.untilMs - nowMs) / 1000) };
    this.#blocks.delete(who);
    return undefined;
  }
}
