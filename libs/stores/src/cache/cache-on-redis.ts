import {
  systemClock,
  type Held,
  type NonceHold,
  type NonceNeeds,
  type NonceStore,
  type SharedHorizon,
} from "@lacre/core";
import type { RedisClient } from "../redis/redis-client.js";
import type { RedisNonceStore } from "../redis/redis-nonce.store.js";
import type { StoreSettings } from "../server/store-settings.js";

const NOT_STARTED = "the nonce store has not been started";

/** Nonces in the Redis of a cache. What speaks to Redis is loaded by `start`: most caches need none of it. */
export class CacheOnRedis implements NonceStore {
  readonly isShared = true;
  readonly #settings: StoreSettings;
  readonly #client: unknown;
  readonly #prefix: string;
  #loading: Promise<RedisNonceStore> | undefined;
  #store: RedisNonceStore | undefined;

  constructor(settings: StoreSettings, client: unknown, prefix: string) {
    this.#settings = settings;
    this.#client = client;
    this.#prefix = prefix;
  }

  /** @throws ConfigurationError for a client or a setting that is no good, and what a RedisNonceStore throws */
  async start(needs?: NonceNeeds): Promise<void> {
    this.#loading ??= this.#load();
    this.#store = await this.#loading;
    await this.#store.start(needs);
  }

  async #load(): Promise<RedisNonceStore> {
    const { RedisNonceStore: Store } = await import("../redis/redis-nonce.store.js");
    const client = this.#client as RedisClient; // which the store looks at
    return new Store({ ...this.#settings, client, prefix: this.#prefix });
  }

  /** Also of a start that is under way. */
  async stop(): Promise<void> {
    const store = await this.#loading?.catch(() => undefined);
    await store?.stop();
  }

  async claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
    if (this.#store === undefined) throw new Error(NOT_STARTED);
    return this.#store.claim(key, expiresAtMs, scheme);
  }

  async hold(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme?: string,
  ): Promise<NonceHold | Held> {
    if (this.#store === undefined) throw new Error(NOT_STARTED);
    return this.#store.hold(key, expiresAtMs, doneUntilMs, scheme);
  }

  /** Before the start, now: nothing is known of what was claimed. */
  get completeSinceMs(): number {
    return this.#store?.completeSinceMs ?? (this.#settings.clock ?? systemClock).nowMs();
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return this.#store?.horizonOf(scheme);
  }

  get isClockOff(): boolean {
    return this.#store?.isClockOff ?? false;
  }
}
