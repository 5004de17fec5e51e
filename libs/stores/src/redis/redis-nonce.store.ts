import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import {
  ConfigurationError,
  type NonceNeeds,
  type NonceStore,
  NonceStoreFullError,
  NonceStoreStartingError,
  type SharedHorizon,
  within,
} from "@lacre/core";
import { checkRedis } from "./redis-checks.js";
import { ClaimLanes } from "../shared/claim-lanes.js";
import { hasServerCode, reasonOf, textOf, type Command, type RedisLink } from "./redis-clients.js";
import { establishMemory, readMemory, type RedisMemory } from "./redis-memory.js";
import {
  readRedisOptions,
  type RedisNonceStoreOptions,
  type RedisSettings,
} from "./redis-options.js";
import { FIRST_START_IS_OVER } from "../shared/first-start.js";
import { StoreClock } from "../shared/store-clock.js";

const RIGHTS = "PING, INFO, EVAL, TIME, GET, SET, MULTI and EXEC";

/** How many reasons are told of one outage. */
const MOST_SAID = 5;

/** How many claims are on their way at once over the one connection: more of them would only be more to wait for. */
const LANES = 256;

/**
 * Nonces in Redis, shared by every server that uses the same one: one primary, 6.0 or later, with
 * `maxmemory-policy noeviction`, and best a server of its own.
 *
 * A claim is one transaction, and its answer counts only if it came from the memory that was known to be complete
 * when the claim was made, over the connection on which that was found out. Anything else throws.
 */
export class RedisNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #settings: RedisSettings;
  readonly #clock: StoreClock;
  readonly #lanes: ClaimLanes;

  #link: RedisLink | undefined;
  #closesLink = false;
  #starting: Promise<void> | undefined;
  #unlisten: (() => void) | undefined;
  #isRechecking = false;
  #stopped = new AbortController();

  #horizonsNeeded: NonceNeeds["horizons"] = new Map();
  /** The memory that claims must find; undefined while it is not known whether it is complete. */
  #memory: RedisMemory | undefined;
  /** The last memory that claims were to find, which a check starts from. */
  #lastMemory: RedisMemory | undefined;
  /** Since then the server may have had other data under the same epoch. */
  #distrustsLastEpoch = false;
  /** Counts the doubts: an answer counts only if no doubt has arisen since the claim was sent. */
  #doubts = 0;
  #hasLostMemory = false;
  #completeSinceMs: number | undefined;
  #lastClaimMs = -Infinity;
  #tellsHolder = false;
  /** What was said of the present outage. */
  readonly #said = new Set<string>();

  readonly #attempts = randomBytes(12).toString("base64url");
  #attempt = 0;

  /** @throws ConfigurationError */
  constructor(options: RedisNonceStoreOptions) {
    this.#settings = readRedisOptions(options);
    const { clock, claimTimeoutMs, log } = this.#settings;
    this.#clock = new StoreClock(clock, (message) => log.warn(message));
    this.#lanes = new ClaimLanes({ lanes: LANES, timeoutMs: claimTimeoutMs, inOrder: true });
  }

  /** Since when Redis remembers every claim; before start, and while Redis has yet to be asked, that is now. */
  get completeSinceMs(): number {
    return this.#completeSinceMs ?? this.#clock.nowMs();
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return (this.#memory ?? this.#lastMemory)?.horizons.of(scheme);
  }

  get isClockOff(): boolean {
    return this.#clock.isOff;
  }

  async claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
    const verdict = await this.#claim(key, expiresAtMs, scheme);
    this.#lastClaimMs = Math.max(this.#lastClaimMs, this.#clock.nowMs());
    return verdict;
  }

  async #claim(
    key: string,
    expiresAtMs: number,
    scheme: string | undefined,
  ): Promise<"fresh" | "seen"> {
    // Up to the first await this runs at one with the caller's look at completeSinceMs and horizonOf.
    const ttlMs = this.#ttlOf(expiresAtMs);
    if (key === "epoch") throw new RangeError("no nonce is called epoch");
    const { doubts, memory, link } = this.#sure();

    const attempt = `${this.#attempts}:${(this.#attempt++).toString(36)}`;
    const nonceKey = `${link.keyPrefix}${this.#settings.prefix}${key}`;
    const told = this.#tellsHolder ? ["GET"] : [];
    const askedMs = this.#clock.nowMs();
    const [time, text, held, ...others] = await this.#transact(doubts, link, [
      ["TIME"],
      ["GET", this.#epochKey(link)],
      ["SET", nonceKey, attempt, "NX", ...told, "PX", String(ttlMs)],
    ]);
    if (held === undefined || others.length > 0)
      throw new Error("Redis answered another transaction than the claim's");
    const found = this.#sameMemory(memory, textOf(text));
    this.#clock.heard(timeOf(time), askedMs);
    const verdict = verdictOf(textOf(held), this.#tellsHolder ? attempt : undefined);

    // Another server, which needs nonces for longer, has come while this claim was on its way.
    const laterMs = 1000 * found.horizons.laterBy(scheme, memory.horizons);
    if (verdict === "seen" || laterMs === 0) return verdict;
    const [again, kept] = await this.#transact(doubts, link, [
      ["GET", this.#epochKey(link)],
      ["SET", nonceKey, attempt, "XX", "PX", String(this.#ttlOf(expiresAtMs + laterMs))],
    ]);
    this.#sameMemory(memory, textOf(again));
    if (textOf(kept) !== "OK") throw this.#doubt();
    return verdict;
  }

  /** How long a nonce is kept that matters until then by Redis's clock, from which it is counted. */
  #ttlOf(expiresAtMs: number): number {
    if (!Number.isFinite(expiresAtMs)) throw new RangeError("expiresAtMs is no moment");
    const ttlMs = Math.max(1, Math.ceil(expiresAtMs - this.#clock.leastStoreMs()));
    if (!Number.isSafeInteger(ttlMs)) throw new RangeError("expiresAtMs is too far away");
    return ttlMs;
  }

  async #transact(
    doubts: number,
    link: RedisLink,
    commands: Parameters<RedisLink["transaction"]>[0],
  ): Promise<readonly unknown[]> {
    let answers: readonly unknown[];
    try {
      answers = await this.#lanes.run(() => link.transaction(commands));
    } catch (error) {
      throw this.#failureOf(error);
    }
    // A client may have sent it again over another connection, to another server.
    if (doubts !== this.#doubts) throw this.#doubt();
    return answers;
  }

  /** The memory that a claim has found, which must be the one that it was made on, though it may have grown. */
  #sameMemory(memory: RedisMemory, text: string | null): RedisMemory {
    if (text === memory.text) return memory;
    if (text?.startsWith(`${memory.epoch} `) !== true) {
      this.#lose(
        "its memory is not the one that it was: it was restarted or flushed, or another took its place",
      );
      throw this.#doubt();
    }
    const found = readMemory(text);
    // Later claims know of what this one has found out.
    if (this.#memory?.text === memory.text) this.#memory = this.#lastMemory = found;
    return found;
  }

  /** @throws ConfigurationError when Redis cannot be reached, or cannot be trusted with nonces as it is set up */
  start(needs?: NonceNeeds): Promise<void> {
    this.#settings.log.started(needs?.log);
    if (needs !== undefined) {
      this.#horizonsNeeded = needs.horizons;
      this.#clock.spreadSeconds = needs.clockSpreadSeconds;
    }
    this.#starting ??= this.#start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#stopped = new AbortController();
    let failure: unknown;
    try {
      const link = await this.#settings.linkUp();
      this.#link = link;
      this.#closesLink = !link.isOpen;
      if (this.#settings.door === "client") this.#unlisten?.();
      let giveUp: (error: unknown) => void = () => {};
      const failed = new Promise<never>((_, reject) => (giveUp = reject));
      failed.catch(() => {});
      // Also because node-redis ends a process that does not listen for its errors.
      this.#unlisten = link.listen({
        lost: () => this.#disconnected(),
        ready: () => this.#reconnected(),
        failed: (error) => {
          failure = error;
          if (this.#settings.door === "url") giveUp(error); // one attempt tells enough
          this.#failed(error);
        },
      });
      const { patienceMs } = this.#settings;
      await within(patienceMs, Promise.race([link.open(), failed]));
      await within(patienceMs, link.send(["PING"]));
      const isFirstStart = this.#settings.firstStart && this.#lastMemory === undefined;
      await this.#establish(link, isFirstStart);
      if (isFirstStart && this.#lastMemory?.isOld === true)
        this.#settings.log.warn(FIRST_START_IS_OVER);
      if (this.#settings.warning !== undefined) this.#settings.log.warn(this.#settings.warning);
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      const reason = this.#settings.hide(reasonOf(failure ?? error));
      throw new ConfigurationError(
        this.#settings.door,
        `cannot be used: ${reason}.`,
        `Redis must be up, reachable, and allow ${RIGHTS}.`,
      );
    }
  }

  /** Closes the client if the store opened it. Claims throw from now on. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#raiseDoubt();
    this.#starting = undefined;
    const link = this.#link;
    this.#link = undefined;
    // A closing client may still have errors to tell, and node-redis wants them heard.
    if (this.#closesLink) link?.close();
    else this.#unlisten?.();
  }

  #epochKey(link: RedisLink): string {
    return `${link.keyPrefix}${this.#settings.prefix}epoch`;
  }

  /** What a claim is made in; throws while the memory is in doubt. */
  #sure(): { doubts: number; memory: RedisMemory; link: RedisLink } {
    const link = this.#link;
    const memory = this.#memory;
    if (link === undefined || memory === undefined || !link.isReady) throw this.#doubt();
    return { doubts: this.#doubts, memory, link };
  }

  /** What a claim in doubt is refused with. */
  #doubt(): Error {
    if (this.#hasLostMemory)
      return new NonceStoreStartingError(
        "Redis has lost nonces, or may have; its memory begins anew",
      );
    return new Error("Redis is not connected, or its memory is being checked");
  }

  #raiseDoubt(): void {
    this.#doubts += 1;
    this.#memory = undefined;
  }

  /** Each reason once for each outage: it tells whoever looks what to mend. */
  #failed(error: unknown): void {
    if (this.#lastMemory === undefined || this.#stopped.signal.aborted) return;
    const reason = this.#settings.hide(reasonOf(error));
    if (this.#said.has(reason) || this.#said.size >= MOST_SAID) return;
    this.#said.add(reason);
    this.#settings.log.warn(`Redis cannot be reached: ${reason}`);
  }

  #disconnected(): void {
    if (this.#memory !== undefined)
      this.#settings.log.warn(
        "The connection to Redis is lost. Claims are refused until it stands again.",
      );
    this.#raiseDoubt();
  }

  /** The server may be another, or the same one started anew. */
  #reconnected(): void {
    this.#raiseDoubt();
    this.#recheck();
  }

  /** The memory is not what it was. */
  #lose(how: string): void {
    this.#settings.log.warn(`Redis: ${how}. Claims are refused until it is checked.`);
    this.#hasLostMemory = true;
    this.#raiseDoubt();
    this.#recheck();
  }

  #failureOf(error: unknown): Error {
    const reason = this.#settings.hide(reasonOf(error));
    if (hasServerCode(error, "READONLY")) {
      // A replica takes its data from another, and may go on to be a primary with it under the same run_id.
      this.#distrustsLastEpoch = true;
      if (this.#memory === undefined) this.#raiseDoubt();
      else this.#lose("it is a replica now, and its memory is another's");
      return new Error(`Redis: ${reason}`);
    }
    return hasServerCode(error, "OOM")
      ? new NonceStoreFullError(`Redis: ${reason}`)
      : new Error(`Redis: ${reason}`);
  }

  /** Checks the memory until it is known, or the connection is gone: the next one checks again. */
  #recheck(): void {
    const link = this.#link;
    const { signal } = this.#stopped;
    // A start that is under way does its own checks.
    if (link === undefined || this.#lastMemory === undefined) return;
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    void this.#recheckUntilSure(link, signal).finally(() => {
      this.#isRechecking = false;
      if (this.#memory === undefined && link.isReady && !signal.aborted) this.#recheck();
    });
  }

  async #recheckUntilSure(link: RedisLink, signal: AbortSignal): Promise<void> {
    let said = "";
    for (let pauseMs = 25; link.isReady && !signal.aborted; pauseMs = Math.min(2 * pauseMs, 1000)) {
      try {
        await this.#establish(link, false);
        this.#said.clear();
        this.#settings.log.log("Redis is checked. Claims are taken again.");
        return;
      } catch (error) {
        const reason = this.#settings.hide(reasonOf(error));
        if (reason !== said) this.#settings.log.warn(`Redis cannot be used: ${reason}`);
        said = reason;
      }
      await wait(pauseMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  /** Finds out which memory Redis has, and takes claims on it. */
  async #establish(link: RedisLink, isFirstStart: boolean): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const doubts = this.#doubts;
      const memory = await this.#check(link, isFirstStart);
      if (doubts !== this.#doubts || !link.isReady) continue; // that may have been another connection
      this.#trust(memory);
      return;
    }
    throw new Error("the connection does not hold");
  }

  #trust(memory: RedisMemory): void {
    const last = this.#lastMemory;
    if (memory.epoch !== last?.epoch) {
      // What was claimed here lies in another memory, however long this one has been complete.
      this.#completeSinceMs =
        last === undefined ? memory.sinceMs : Math.max(memory.sinceMs, this.#lastClaimMs);
      if (last !== undefined)
        this.#settings.log.warn(
          `Redis may have forgotten nonces from before ${new Date(this.#completeSinceMs).toISOString()}. Requests of that time are refused.`,
        );
    }
    this.#memory = this.#lastMemory = memory;
    this.#distrustsLastEpoch = false;
    this.#hasLostMemory = false;
  }

  /** Whether Redis can be trusted with nonces, and the memory that it has: the one that lies there, or a new one. */
  async #check(link: RedisLink, isFirstStart: boolean): Promise<RedisMemory> {
    const { patienceMs } = this.#settings;
    const ask = (command: Command) => within(patienceMs, link.send(command));
    const { runId, isReplica, tellsHolder } = await checkRedis({
      ask,
      option: this.#settings.door,
      warn: (message) => this.#settings.log.warn(message),
    });
    if (isReplica) {
      this.#distrustsLastEpoch = true;
      throw new ConfigurationError(
        this.#settings.door,
        "leads to a replica, which takes no claims.",
        "Give the primary.",
      );
    }
    this.#tellsHolder = tellsHolder;
    await this.#tryClaim(link);
    return establishMemory({
      ask,
      key: this.#epochKey(link),
      runId,
      distrusted: this.#distrustsLastEpoch ? (this.#lastMemory?.epoch ?? "") : "",
      isFirstStart,
      horizons: this.#lastMemory?.horizons.asFarAhead(this.#horizonsNeeded) ?? this.#horizonsNeeded,
    });
  }

  /** Proves the rights that a claim needs, and the clocks, with a nonce that nobody sends. */
  async #tryClaim(link: RedisLink): Promise<void> {
    const key = `${link.keyPrefix}${this.#settings.prefix}trial:${randomBytes(9).toString("base64url")}`;
    const askedMs = this.#clock.nowMs();
    const trial = link.transaction([
      ["TIME"],
      ["GET", this.#epochKey(link)],
      ["SET", key, "", "NX", "PX", "1"],
    ]);
    try {
      const [time] = await within(this.#settings.patienceMs, trial);
      this.#clock.note(timeOf(time), askedMs);
    } catch (error) {
      // It starts, and refuses: there can be room again while it runs.
      if (!hasServerCode(error, "OOM")) throw error;
    }
  }
}

/** What SET … NX has answered; `attempt` when the answer says whose the key is. */
function verdictOf(answer: string | null, attempt: string | undefined): "fresh" | "seen" {
  if (attempt === undefined) {
    if (answer === "OK") return "fresh";
    if (answer === null) return "seen";
    throw new Error("Redis answered a claim with neither OK nor nothing");
  }
  // Our own attempt is there if something on the way, a proxy say, has sent the claim twice.
  return answer === null || answer === attempt ? "fresh" : "seen";
}

/** What TIME has answered, in milliseconds since 1970; NaN for anything else. */
function timeOf(answer: unknown): number {
  const [seconds, micros] = Array.isArray(answer) ? (answer as unknown[]).map(textOf) : [];
  return Number(seconds ?? NaN) * 1000 + Number(micros ?? NaN) / 1000;
}
