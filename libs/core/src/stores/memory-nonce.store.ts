import { ConfigurationError } from "../errors.js";
import { systemClock, type Clock } from "../ports/clock.js";
import {
  NonceStoreFullError,
  NonceStoreStartingError,
  type Held,
  type NonceHold,
  type NonceStore,
} from "../ports/nonce-store.js";
import { HeldNonces, secondFrom } from "./held-nonces.js";

/** Settings of a memory store. */
export interface MemoryNonceStoreOptions {
  /** How many nonces it holds at most. At 2,000 requests a second and 331 s each, 662,000 are alive. */
  readonly capacity?: number;
  readonly clock?: Clock;
  /** False for a store that is known to be the first of its kind: no request was ever accepted before it. */
  readonly fence?: boolean;
  /** True to start in one of several processes: of a request that is sent to each, each accepts one. */
  readonly clusterOk?: boolean;
}

/** How many expired nonces one claim drops at most. More than one, so that a backlog shrinks. */
const DROPS_PER_CLAIM = 64;
/** A set is copied when it grows, all at once: one of a million takes 66 ms, and 64 smaller ones 2 ms each. */
const SHARDS = 64;
const CHUNK_KEYS = 1024;

/** Keys that expire in one second; a full chunk is continued in another. */
interface Chunk {
  readonly keys: string[];
  readonly rest: Chunk | undefined;
}

/**
 * Nonces of one process, in memory. A claim is synchronous, so nothing comes between its look and its record.
 *
 * Nonces are dropped only once they have expired, by the second and a few at a time. A claim that expires no later
 * than one that was dropped is refused, for it may have been that one: so whatever the clock does, no nonce is given
 * twice for one expiry. When full, it throws.
 */
export class MemoryNonceStore implements NonceStore {
  #completeSinceMs: number | undefined;
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #clusterOk: boolean;
  readonly #shards = Array.from({ length: SHARDS }, () => new Set<string>());
  #size = 0;
  readonly #expiring = new Map<number, Chunk>();
  /** The seconds in `#expiring`, ascending. */
  readonly #seconds: number[] = [];
  /** Made with the first claim that can be given back. */
  #held: HeldNonces | undefined;
  /** The last second of which anything was dropped. */
  #droppedSecond = -Infinity;

  constructor({
    capacity = 1_000_000,
    clock = systemClock,
    fence = true,
    clusterOk = false,
  }: MemoryNonceStoreOptions = {}) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#completeSinceMs = fence ? clock.nowMs() : undefined;
    this.#clusterOk = clusterOk;
  }

  get completeSinceMs(): number | undefined {
    return this.#completeSinceMs;
  }

  /** How many nonces it holds, with expired ones that are yet to be dropped. */
  get size(): number {
    return this.#size + (this.#held?.size ?? 0);
  }

  /** Whether this nonce is held. */
  has(key: string): boolean {
    const kept = copyOf(key);
    return this.#shardOf(kept).has(kept) || this.#held?.has(kept) === true;
  }

  /** @throws ConfigurationError in one of several processes: each would accept what another has seen */
  async start(): Promise<void> {
    if (this.#clusterOk || !isOneOfSeveral()) return;
    throw new ConfigurationError(
      "nonces",
      "this is one of several processes, and a memory store knows the nonces of its own process alone.",
      "Use a store that they share, or start one process.",
    );
  }

  claim(key: string, expiresAtMs: number): "fresh" | "seen" {
    const second = secondFrom(expiresAtMs);
    this.#dropExpired();
    const kept = copyOf(key);
    const shard = this.#shardOf(kept);
    if (shard.has(kept) || this.#held?.has(kept) === true) return "seen";
    this.#admit(second);
    shard.add(kept);
    this.#size++;
    this.#chunkOf(second).keys.push(kept);
    return "fresh";
  }

  hold(key: string, expiresAtMs: number, doneUntilMs: number): NonceHold | Held {
    const second = secondFrom(expiresAtMs);
    const doneUntil = secondFrom(doneUntilMs);
    this.#dropExpired();
    const kept = copyOf(key);
    const held = (this.#held ??= new HeldNonces());
    const found = this.#shardOf(kept).has(kept) ? "under-way" : held.find(kept, doneUntil);
    if (found !== undefined) return found;
    this.#admit(second);
    return held.take(kept, second);
  }

  /** @throws where a new claim cannot be taken */
  #admit(second: number): void {
    if (second <= this.#droppedSecond)
      throw new NonceStoreStartingError("nonces that expire so early may have been dropped");
    if (this.size >= this.#capacity)
      throw new NonceStoreFullError(`holds ${this.#capacity} nonces`);
  }

  /** Forgets everything, and remembers that it did: what it knew before is refused from now on. */
  clear(): void {
    for (const shard of this.#shards) shard.clear();
    this.#size = 0;
    this.#held?.clear();
    this.#expiring.clear();
    this.#seconds.length = 0;
    this.#completeSinceMs = this.#clock.nowMs();
  }

  #shardOf(key: string): Set<string> {
    let hash = key.length;
    for (let i = Math.max(0, key.length - 8); i < key.length; i++)
      hash = (hash * 31 + key.charCodeAt(i)) % 65_521;
    return this.#shards[hash % SHARDS] as Set<string>;
  }

  /** The chunk that takes the next key of a second. */
  #chunkOf(second: number): Chunk {
    const chunk = this.#expiring.get(second);
    if (chunk !== undefined && chunk.keys.length < CHUNK_KEYS) return chunk;
    if (chunk === undefined) {
      let at = this.#seconds.length;
      while (at > 0 && (this.#seconds[at - 1] as number) > second) at--;
      this.#seconds.splice(at, 0, second);
    }
    const next: Chunk = { keys: [], rest: chunk };
    this.#expiring.set(second, next);
    return next;
  }

  #dropExpired(): void {
    const nowSecond = Math.floor(this.#clock.nowMs() / 1000);
    if (this.#held !== undefined)
      this.#droppedSecond = Math.max(this.#droppedSecond, this.#held.dropExpired(nowSecond));
    for (let left = DROPS_PER_CLAIM; left > 0; left--) {
      const second = this.#seconds[0];
      if (second === undefined || second > nowSecond) return;
      const { keys, rest } = this.#expiring.get(second) as Chunk;
      const key = keys.pop() as string; // no chunk is kept empty
      this.#shardOf(key).delete(key);
      this.#size--;
      this.#droppedSecond = Math.max(this.#droppedSecond, second);
      if (keys.length > 0) continue;
      if (rest !== undefined) this.#expiring.set(second, rest);
      else {
        this.#expiring.delete(second);
        this.#seconds.shift();
      }
    }
  }
}

/**
 * Whether this process is a worker of node:cluster, not the first of several that PM2 keeps, or an instance of a Lambda
 * function, of which there are as many as there are requests at once.
 */
function isOneOfSeveral(): boolean {
  // Not by NODE_UNIQUE_ID: Node removes it from a worker's environment before any code runs.
  const cluster: unknown = process.getBuiltinModule("node:cluster"); // whose type wants a default import
  if ((cluster as { readonly isWorker: boolean }).isWorker) return true;
  const { NODE_APP_INSTANCE: instance = "0", AWS_LAMBDA_FUNCTION_NAME: lambda } = process.env;
  return instance !== "0" || lambda !== undefined; // PM2 numbers the only process too
}

const scratch = Buffer.alloc(1024);

/** A string of its own: V8's pieces of a string keep the whole of it. */
function copyOf(text: string): string {
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString();
  return scratch.toString("utf8", 0, scratch.write(text));
}
