import { setTimeout as wait } from "node:timers/promises";
import { ConfigurationError, type NonceNeeds } from "@lacre/core";
import { FIRST_START_IS_OVER } from "../server/words.js";
import { OutageLog } from "../server/outage-log.js";
import type { StoreClock } from "../server/store-clock.js";
import { explain } from "./redis-answers.js";
import { checkRedis } from "./redis-check.js";
import { RedisConnection } from "./redis-connection.js";
import type { RedisEpoch } from "./redis-epoch.js";
import type { RedisLink } from "./redis-link.js";
import type { RedisMemory } from "./redis-memory.js";
import type { RedisSettings } from "./redis-options.js";

const RIGHTS = "PING, INFO, EVAL, TIME, GET, SET, MULTI and EXEC";
/** Where claims are given back. */
const HOLD_RIGHTS = "PING, INFO, EVAL, TIME, GET, SET, PTTL, DEL, MULTI and EXEC";

/** How long a check that failed rests before the next, in milliseconds; twice as long each time. */
const PAUSE_MS = { first: 25, most: 1000 };

/**
 * Keeps what is known of Redis true: it is checked at the start, after each new connection, and where a claim has
 * found something else than it was made on.
 */
export class RedisWatch {
  readonly #settings: RedisSettings;
  readonly #clock: StoreClock;
  readonly #epoch: RedisEpoch;
  readonly #connection: RedisConnection;
  readonly #outage = new OutageLog();
  #needed: NonceNeeds["horizons"] = new Map();
  #holds = false;
  #isRechecking = false;

  constructor(settings: RedisSettings, clock: StoreClock, epoch: RedisEpoch) {
    this.#settings = settings;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#connection = new RedisConnection(settings, {
      lost: () => this.#lost(),
      ready: () => this.#reconnected(),
      failed: (error) => this.#failed(error),
    });
  }

  get link(): RedisLink | undefined {
    return this.#connection.link;
  }

  /** Takes what the verifier needs: for how long nonces are remembered, and where to say what is wrong. */
  needs({ horizons, holds = false, log }: NonceNeeds): void {
    this.#needed = horizons;
    this.#holds = holds;
    this.#settings.log.started(log);
  }

  /** @throws ConfigurationError when Redis cannot be reached, or cannot be trusted with nonces as it is set up */
  async start(): Promise<void> {
    const { log, door, firstStart, warning } = this.#settings;
    try {
      const link = await this.#connection.open();
      const isFirstStart = firstStart && this.#epoch.last === undefined;
      const { isOld } = await this.#establish(link, isFirstStart);
      if (isFirstStart && isOld === true) log.warn(FIRST_START_IS_OVER);
      if (warning !== undefined) log.warn(warning);
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      throw new ConfigurationError(
        door,
        `cannot be used: ${this.#connection.reasonOf(error)}.`,
        `Redis must be up, reachable, and allow ${this.#holds ? HOLD_RIGHTS : RIGHTS}.`,
      );
    }
  }

  stop(): void {
    this.#epoch.raiseDoubt();
    this.#connection.close();
  }

  /** A claim has found another memory than it was made on. */
  lose(how: string, doubt: { readonly isDistrusted?: boolean } = {}): void {
    this.#settings.log.warn(`Redis: ${how}. Claims are refused until it is checked.`);
    this.#epoch.lose(doubt);
    this.#recheck();
  }

  /** The server is a replica: it takes its data from another, and may go on to be a primary with it under its run_id. */
  foundReplica(): void {
    const doubt = { isDistrusted: true };
    if (this.#epoch.now.kind !== "sure") this.#epoch.raiseDoubt(doubt);
    else this.lose("it is a replica now, and its memory is another's", doubt);
  }

  #lost(): void {
    if (this.#epoch.now.kind === "sure")
      this.#settings.log.warn(
        "The connection to Redis is lost. Claims are refused until it stands again.",
      );
    this.#epoch.raiseDoubt();
  }

  /** The server may be another, or the same one started anew. */
  #reconnected(): void {
    this.#epoch.raiseDoubt();
    this.#recheck();
  }

  /** Tells whoever looks what to mend. The start says itself why it failed. */
  #failed(error: unknown): void {
    if (this.#epoch.last === undefined) return;
    const reason = this.#settings.hide(explain(error));
    this.#outage.once(reason, () => this.#settings.log.warn(`Redis cannot be reached: ${reason}`));
  }

  /** Checks the memory until it is known, or the connection is gone: the next one checks again. */
  #recheck(): void {
    const { link, signal } = this.#connection;
    // A start that is under way does its own checks.
    if (link === undefined || this.#epoch.last === undefined) return;
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    void this.#recheckUntilSure(link, signal).finally(() => {
      this.#isRechecking = false;
      if (this.#epoch.now.kind !== "sure" && link.isReady && !signal.aborted) this.#recheck();
    });
  }

  async #recheckUntilSure(link: RedisLink, signal: AbortSignal): Promise<void> {
    const { log } = this.#settings;
    let said = "";
    let pauseMs = PAUSE_MS.first;
    while (link.isReady && !signal.aborted) {
      try {
        await this.#establish(link, false);
        this.#outage.over();
        log.log("Redis is checked. Claims are taken again.");
        return;
      } catch (error) {
        const reason = this.#settings.hide(explain(error));
        if (reason !== said) log.warn(`Redis cannot be used: ${reason}`);
        said = reason;
      }
      await wait(pauseMs, undefined, { ref: false, signal }).catch(() => {});
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    }
  }

  /** Finds out which memory Redis has, and takes claims on it. */
  async #establish(link: RedisLink, isFirstStart: boolean): Promise<RedisMemory> {
    for (let tries = 0; tries < 3; tries++) {
      const before = this.#epoch.now;
      const { last } = this.#epoch;
      const checked = await checkRedis({
        link,
        clock: this.#clock,
        settings: this.#settings,
        foundReplica: () => this.#epoch.raiseDoubt({ isDistrusted: true }),
        distrusted: this.#epoch.distrusted,
        isFirstStart,
        holds: this.#holds,
        horizons: last?.horizons.asFarAhead(this.#needed) ?? this.#needed,
      });
      // That may have been another connection.
      if (this.#epoch.now !== before || !link.isReady) continue;
      const sinceMs = this.#epoch.trust(checked.memory, checked.tellsHolder);
      if (sinceMs !== undefined)
        this.#settings.log.warn(
          `Redis may have forgotten nonces from before ${new Date(sinceMs).toISOString()}. Requests of that time are refused.`,
        );
      return checked.memory;
    }
    throw new Error("the connection does not hold");
  }
}
