import type { Held, NonceHold, NonceNeeds, NonceStore, SharedHorizon } from "@lacre/core";
import { StoreClock } from "../server/store-clock.js";
import { RedisClaims } from "./redis-claims.js";
import { RedisEpoch } from "./redis-epoch.js";
import { readRedisOptions, type RedisNonceStoreOptions } from "./redis-options.js";
import { RedisWatch } from "./redis-watch.js";

/**
 * Nonces in Redis, shared by every server that uses the same one: one primary, 6.0 or later, with
 * `maxmemory-policy noeviction`, and best a server of its own.
 *
 * `RedisClaims` claims, `RedisEpoch` says on what, and `RedisWatch` keeps that true.
 */
export class RedisNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #clock: StoreClock;
  readonly #epoch = new RedisEpoch();
  readonly #watch: RedisWatch;
  readonly #claims: RedisClaims;
  #starting: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(options: RedisNonceStoreOptions) {
    const settings = readRedisOptions(options);
    const { clock, log } = settings;
    this.#clock = new StoreClock(clock, (message) => log.warn(message));
    this.#watch = new RedisWatch(settings, this.#clock, this.#epoch);
    this.#claims = new RedisClaims(settings, this.#clock, this.#epoch, this.#watch);
  }

  /** Since when Redis remembers every claim; before start, and while Redis has yet to be asked, that is now. */
  get completeSinceMs(): number {
    return this.#epoch.completeSinceMs ?? this.#clock.nowMs();
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return this.#epoch.last?.horizons.of(scheme);
  }

  get isClockOff(): boolean {
    return this.#clock.isOff;
  }

  async claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
    const verdict = await this.#claims.claim(key, expiresAtMs, scheme);
    this.#epoch.claimed(this.#clock.nowMs());
    return verdict;
  }

  async hold(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme?: string,
  ): Promise<NonceHold | Held> {
    const answer = await this.#claims.hold(key, expiresAtMs, doneUntilMs, scheme);
    this.#epoch.claimed(this.#clock.nowMs());
    return answer;
  }

  /** @throws ConfigurationError when Redis cannot be reached, or cannot be trusted with nonces as it is set up */
  start(needs?: NonceNeeds): Promise<void> {
    if (needs !== undefined) {
      this.#watch.needs(needs);
      this.#clock.spreadSeconds = needs.clockSpreadSeconds;
    }
    this.#starting ??= this.#watch.start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    return this.#starting;
  }

  /** Closes the client if the store opened it. Claims throw from now on. */
  async stop(): Promise<void> {
    this.#starting = undefined;
    this.#watch.stop();
  }
}
