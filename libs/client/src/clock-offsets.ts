import type { Clock } from "@lacre/core";

const MIN_DIFFERENCE_MS = 2_000;
const MAX_DIFFERENCE_MS = 86_400_000;
const MAX_DELAY_MS = 10_000;
const MAX_ORIGINS = 256;

/** When the head of an answer came. */
export interface Arrival {
  /** By this machine's own clock, in milliseconds since 1970. */
  readonly ownMs: number;
  /** How long after the request was sent, by a monotonic clock. */
  readonly delayMs: number;
}

/**
 * The difference between the clock of each server (by origin) and this one, learned from signed refusals that blame the
 * clock and from nothing else (docs/protocol.md section 11, "Setting the clock").
 */
export class ClockOffsets {
  readonly #clock: Clock;
  readonly #offsetsMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time of this server, in milliseconds since 1970. */
  nowMs(origin: string): number {
    return this.#clock.nowMs() + (this.#offsetsMs.get(origin) ?? 0);
  }

  /**
   * Learns from a refusal whose signature was right. It is held against the time by which its own request was signed:
   * another answer may have taught the server's time meanwhile, and this request was signed without it.
   * @param signedAtMs the time by which the request was signed, in milliseconds since 1970
   * @returns whether sending again can help
   */
  learn(origin: string, serverSeconds: number, signedAtMs: number, arrival: Arrival): boolean {
    const { ownMs, delayMs } = arrival;
    const serverMs = serverSeconds * 1000;
    const isOff = Math.abs(serverMs - (signedAtMs + delayMs)) > MIN_DIFFERENCE_MS;
    const offsetMs = serverMs - ownMs;
    if (!isOff || delayMs > MAX_DELAY_MS || Math.abs(offsetMs) > MAX_DIFFERENCE_MS) return false;
    this.#offsetsMs.delete(origin);
    const [oldest] = this.#offsetsMs.keys();
    if (oldest !== undefined && this.#offsetsMs.size >= MAX_ORIGINS) this.#offsetsMs.delete(oldest);
    this.#offsetsMs.set(origin, offsetMs);
    return true;
  }
}
