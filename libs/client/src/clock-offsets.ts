import type { Clock } from "@lacre/core";

const MIN_DIFFERENCE_MS = 2_000;
const MAX_DIFFERENCE_MS = 86_400_000;
const MAX_DELAY_MS = 10_000;
const MAX_ORIGINS = 256;

/**
 * How far the clocks of servers are from this machine's, by origin, as learned from signed refusals that blame the
 * clock (docs/protocol.md section 11, "Setting the clock"). Time is taken from nothing else.
 */
export class ClockOffsets {
  readonly #clock: Clock;
  readonly #offsetsMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What time it is for this server, in milliseconds since 1970. */
  nowMs(origin: string): number {
    return this.#clock.nowMs() + (this.#offsetsMs.get(origin) ?? 0);
  }

  /**
   * Learns from a refusal that is proven to be the server's, and says whether sending again can help.
   * @param delayMs how long the answer took, by a monotonic clock
   */
  learn(origin: string, serverSeconds: number, delayMs: number): boolean {
    const serverMs = serverSeconds * 1000;
    const isOff = Math.abs(serverMs - this.nowMs(origin)) > MIN_DIFFERENCE_MS;
    const offsetMs = serverMs - this.#clock.nowMs();
    if (!isOff || delayMs > MAX_DELAY_MS || Math.abs(offsetMs) > MAX_DIFFERENCE_MS) return false;
    this.#offsetsMs.delete(origin);
    const [oldest] = this.#offsetsMs.keys();
    if (oldest !== undefined && this.#offsetsMs.size >= MAX_ORIGINS) this.#offsetsMs.delete(oldest);
    this.#offsetsMs.set(origin, offsetMs);
    return true;
  }
}
