import { NonceStoreStartingError } from "@lacre/core";
import type { RedisMemory } from "./redis-memory.js";

/**
 * What is known of the memory in Redis. Each doubt is an object of its own: what was begun before it does not count
 * after it.
 */
export type Epoch = Unknown | Sure | Lost;

/** Whether it is complete is not known: nobody has looked yet, or the connection was lost since. */
interface Unknown extends Doubtful {
  readonly kind: "unknown";
}

/** It is complete, and claims must find it. */
export interface Sure {
  readonly kind: "sure";
  /** As it was last seen: its horizons grow. */
  memory: RedisMemory;
  /** Whether this server answers a refused claim with what is there. */
  readonly tellsHolder: boolean;
}

/** It has forgotten nonces, or may have. */
interface Lost extends Doubtful {
  readonly kind: "lost";
}

interface Doubtful {
  /** The last memory that claims were to find, which a check starts from. */
  readonly last: RedisMemory | undefined;
  /** Whether the server may have had other data since then, under the same epoch. */
  readonly isDistrusted: boolean;
}

/** Follows the memory that lies in Redis: from doubt to doubt, and since when it remembers what was claimed here. */
export class RedisEpoch {
  #epoch: Epoch = { kind: "unknown", last: undefined, isDistrusted: false };
  #completeSinceMs: number | undefined;
  #lastClaimMs = -Infinity;

  /** What is known now; another object once a doubt has arisen. */
  get now(): Epoch {
    return this.#epoch;
  }

  get last(): RedisMemory | undefined {
    return this.#epoch.kind === "sure" ? this.#epoch.memory : this.#epoch.last;
  }

  /** The name of a memory that is not to be trusted though it lies there; empty where there is none. */
  get distrusted(): string {
    const epoch = this.#epoch;
    return epoch.kind !== "sure" && epoch.isDistrusted ? (epoch.last?.epoch ?? "") : "";
  }

  /** Since when every claim is remembered; undefined while Redis has never been asked. */
  get completeSinceMs(): number | undefined {
    return this.#completeSinceMs;
  }

  /** A claim was answered at this moment. */
  claimed(nowMs: number): void {
    this.#lastClaimMs = Math.max(this.#lastClaimMs, nowMs);
  }

  /** What a claim is refused with in doubt. */
  doubt(): Error {
    if (this.#epoch.kind === "lost")
      return new NonceStoreStartingError(
        "Redis has lost nonces, or may have; its memory begins anew",
      );
    return new Error("Redis is not connected, or its memory is being checked");
  }

  /** Nothing is sure any more. A memory that was lost stays lost until it is checked. */
  raiseDoubt({ isDistrusted = false } = {}): void {
    this.#doubt(this.#epoch.kind === "lost" ? "lost" : "unknown", isDistrusted);
  }

  /** The memory is not what it was. */
  lose({ isDistrusted = false } = {}): void {
    this.#doubt("lost", isDistrusted);
  }

  #doubt(kind: "unknown" | "lost", isDistrusted: boolean): void {
    const epoch = this.#epoch;
    const wasDistrusted = epoch.kind !== "sure" && epoch.isDistrusted;
    this.#epoch = { kind, last: this.last, isDistrusted: isDistrusted || wasDistrusted };
  }

  /** A claim that was made on `memory` has found it grown: later claims know. */
  grown(memory: RedisMemory, found: RedisMemory): void {
    if (this.#epoch.kind === "sure" && this.#epoch.memory.text === memory.text)
      this.#epoch.memory = found;
  }

  /**
   * Redis was checked, and has this memory.
   * @returns since when it remembers, where it took the place of another; undefined otherwise
   */
  trust(memory: RedisMemory, tellsHolder: boolean): number | undefined {
    const { last } = this;
    if (this.#epoch.kind === "sure") this.#epoch.memory = memory;
    else this.#epoch = { kind: "sure", memory, tellsHolder };
    if (memory.epoch === last?.epoch) return undefined;
    // What was claimed here lies in another memory, however long this one has been complete.
    this.#completeSinceMs =
      last === undefined ? memory.sinceMs : Math.max(memory.sinceMs, this.#lastClaimMs);
    return last === undefined ? undefined : this.#completeSinceMs;
  }
}
