import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import {
  ConfigurationError,
  NonceStoreFullError,
  NonceStoreStartingError,
  systemClock,
  type Clock,
  type NonceStore,
} from "@lacre/core";
import {
  hasServerCode,
  linkOf,
  ownLink,
  readRedisUrl,
  reasonOf,
  type RedisClient,
  type RedisLink,
} from "./redis-clients.js";

/** What the store says in the log. Nest's Logger is one. */
export interface RedisNonceLogger {
  log(message: string): void;
  warn(message: string): void;
}

/** Settings of a Redis store. */
export interface RedisNonceStoreSettings {
  /** In front of every key; `lacre:nonce:` unless said otherwise. Servers share nonces that share it. */
  readonly prefix?: string;
  /** How long a claim may take; 250 ms unless said otherwise. Then the request is refused with 503. */
  readonly claimTimeoutMs?: number;
  /**
   * Says that no request was ever accepted before, so that a Redis without memory of any is complete, and the first
   * seconds need no fence. Only for the first start ever: take it out afterwards. A Redis that was emptied while
   * every server was down looks just like it.
   */
  readonly firstStart?: boolean;
  readonly clock?: Clock;
  readonly logger?: RedisNonceLogger;
}

/** Settings of a Redis store: a client, or the URL for one of its own. */
export type RedisNonceStoreOptions = RedisNonceStoreSettings &
  (
    | {
        /**
         * Your ioredis or node-redis client, best one that nothing else uses: `client.duplicate()`. You close it; one
         * that is not open at the start is opened, and closed in the end.
         */
        readonly client: RedisClient;
        readonly url?: undefined;
      }
    | {
        /** `redis://user:password@host:6379/0`, or `rediss://`. The store opens a client of its own, and closes it. */
        readonly url: string;
        readonly client?: undefined;
      }
  );

/**
 * Names one unbroken memory: `<run_id>:<ms>:<random>`. It lies in Redis beside the nonces and never expires, so a
 * memory that has lost nonces by a restart, a flush or a failover has lost it too, or has another server's.
 *
 * KEYS[1] where it lies; ARGV run_id, randomness, an epoch that is not to be trusted any more, "1" on a first start.
 */
const ESTABLISH = `
local epoch = redis.call('GET', KEYS[1])
if epoch and string.sub(epoch, 1, #ARGV[1] + 1) == ARGV[1] .. ':' and epoch ~= ARGV[3] then
  return epoch
end
local ms = '0'
if epoch or ARGV[4] ~= '1' then
  local time = redis.call('TIME')
  ms = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
end
epoch = ARGV[1] .. ':' .. ms .. ':' .. ARGV[2]
redis.call('SET', KEYS[1], epoch)
return epoch`;

const RIGHTS = "PING, INFO, EVAL, TIME, GET, SET, MULTI and EXEC";

/** A claim waits for its answer; whatever else is asked may take this much longer. */
const PATIENCE = 4;

/**
 * Nonces in Redis, shared by every server that uses the same one: one primary, 6.0 or later, with
 * `maxmemory-policy noeviction`, and best a server of its own.
 *
 * A claim is one transaction, and its answer counts only if it came from the memory that was known to be complete
 * when the claim was made, over the connection on which that was found out. Anything else throws.
 */
export class RedisNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #prefix: string;
  readonly #claimTimeoutMs: number;
  readonly #firstStart: boolean;
  readonly #clock: Clock;
  readonly #logger: RedisNonceLogger;
  readonly #linkUp: () => Promise<RedisLink>;
  readonly #ownsLink: boolean;
  readonly #hide: (text: string) => string;

  #link: RedisLink | undefined;
  #closesLink = false;
  #starting: Promise<void> | undefined;
  #unlisten: (() => void) | undefined;
  #isRechecking = false;
  #stopped = new AbortController();

  /** The epoch that claims must find; undefined while it is not known whether the memory is complete. */
  #epoch: string | undefined;
  /** The last epoch that claims were to find, which a check starts from. */
  #lastEpoch: string | undefined;
  /** Since then the server may have had other data under the same epoch. */
  #distrustsLastEpoch = false;
  /** Counts the doubts: an answer counts only if no doubt has arisen since the claim was sent. */
  #doubts = 0;
  #hasLostMemory = false;
  #completeSinceMs: number | undefined;
  #lastClaimMs = -Infinity;
  /** Redis 7 answers a refused SET NX with what is there. */
  #tellsHolder = false;

  readonly #attempts = randomBytes(12).toString("base64url");
  #attempt = 0;

  /** @throws ConfigurationError */
  constructor(options: RedisNonceStoreOptions) {
    if (typeof options !== "object" || options === null)
      throw badOption("RedisNonceStore", "has no options.");
    const {
      client,
      url,
      prefix = "lacre:nonce:",
      claimTimeoutMs = 250,
      firstStart = false,
    } = options;
    if ((client === undefined) === (url === undefined))
      throw badOption("RedisNonceStore", "needs a client or a url, and not both.");
    if (typeof prefix !== "string" || prefix === "") throw badOption("prefix", "is no text.");
    if (!Number.isSafeInteger(claimTimeoutMs) || claimTimeoutMs < 1 || claimTimeoutMs > 60_000)
      throw badOption("claimTimeoutMs", "is no whole number from 1 to 60000.");
    if (typeof firstStart !== "boolean") throw badOption("firstStart", "is not true or false.");
    this.#prefix = prefix;
    this.#claimTimeoutMs = claimTimeoutMs;
    this.#firstStart = firstStart;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? new Logger(RedisNonceStore.name);
    if (url === undefined) {
      const link = linkOf(client, "client");
      this.#linkUp = async () => link;
      this.#ownsLink = false;
      this.#hide = (text) => text;
    } else {
      const address = readRedisUrl(url, "url");
      this.#linkUp = () => ownLink(address, claimTimeoutMs * PATIENCE);
      this.#ownsLink = true;
      const { password } = address;
      this.#hide = (text) => (password === undefined ? text : text.replaceAll(password, "***"));
    }
  }

  /** Since when Redis remembers every claim; before start, and while Redis has yet to be asked, that is now. */
  get completeSinceMs(): number {
    return this.#completeSinceMs ?? this.#clock.nowMs();
  }

  async claim(key: string, expiresAtMs: number): Promise<"fresh" | "seen"> {
    // Up to the first await this runs at one with the caller's look at completeSinceMs.
    if (!Number.isFinite(expiresAtMs)) throw new RangeError("expiresAtMs is no moment");
    const ttlMs = Math.max(1, Math.ceil(expiresAtMs - this.#clock.nowMs()));
    if (!Number.isSafeInteger(ttlMs)) throw new RangeError("expiresAtMs is too far away");
    if (key === "epoch") throw new RangeError("no nonce is called epoch");
    const { doubts, epoch, link } = this.#sure();

    const attempt = `${this.#attempts}:${(this.#attempt++).toString(36)}`;
    const nonceKey = `${link.keyPrefix}${this.#prefix}${key}`;
    const told = this.#tellsHolder ? ["GET"] : [];
    let answers: readonly unknown[];
    try {
      answers = await this.#within(
        this.#claimTimeoutMs,
        link.transaction([
          ["GET", this.#epochKey(link)],
          ["SET", nonceKey, attempt, "NX", ...told, "PX", String(ttlMs)],
        ]),
      );
    } catch (error) {
      throw this.#failureOf(error);
    }
    // A client may have sent it again over another connection, to another server.
    if (doubts !== this.#doubts) throw this.#doubt();
    if (answers.length !== 2)
      throw new Error("Redis answered another transaction than the claim's");
    if (textOf(answers[0]) !== epoch) {
      this.#lose(
        "its memory is not the one that it was: it was restarted or flushed, or another took its place",
      );
      throw this.#doubt();
    }
    this.#lastClaimMs = Math.max(this.#lastClaimMs, this.#clock.nowMs());
    return verdictOf(textOf(answers[1]), this.#tellsHolder ? attempt : undefined);
  }

  /** @throws ConfigurationError when Redis cannot be reached, or cannot be trusted with nonces as it is set up */
  start(): Promise<void> {
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
      const link = await this.#linkUp();
      this.#link = link;
      this.#closesLink = !link.isOpen;
      if (!this.#ownsLink) this.#unlisten?.();
      let giveUp: (error: unknown) => void = () => {};
      const failed = new Promise<never>((_, reject) => (giveUp = reject));
      failed.catch(() => {});
      // Also because node-redis ends a process that does not listen for its errors.
      this.#unlisten = link.listen({
        lost: () => this.#disconnected(),
        ready: () => this.#reconnected(),
        failed: (error) => {
          failure = error;
          if (this.#ownsLink) giveUp(error); // one attempt tells enough
        },
      });
      const patienceMs = this.#claimTimeoutMs * PATIENCE;
      await this.#within(patienceMs, Promise.race([link.open(), failed]));
      await this.#within(patienceMs, link.send(["PING"]));
      await this.#establish(link, this.#firstStart && this.#lastEpoch === undefined);
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      const reason = this.#hide(reasonOf(failure ?? error));
      throw new ConfigurationError(
        this.#option,
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

  get #option(): string {
    return this.#ownsLink ? "url" : "client";
  }

  #epochKey(link: RedisLink): string {
    return `${link.keyPrefix}${this.#prefix}epoch`;
  }

  /** What a claim is made in; throws while the memory is in doubt. */
  #sure(): { doubts: number; epoch: string; link: RedisLink } {
    const link = this.#link;
    const epoch = this.#epoch;
    if (link === undefined || epoch === undefined || !link.isReady) throw this.#doubt();
    return { doubts: this.#doubts, epoch, link };
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
    this.#epoch = undefined;
  }

  #disconnected(): void {
    if (this.#epoch !== undefined)
      this.#logger.warn(
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
    this.#logger.warn(`Redis: ${how}. Claims are refused until it is checked.`);
    this.#hasLostMemory = true;
    this.#raiseDoubt();
    this.#recheck();
  }

  #failureOf(error: unknown): Error {
    const reason = this.#hide(reasonOf(error));
    if (hasServerCode(error, "READONLY")) {
      // A replica takes its data from another, and may go on to be a primary with it under the same run_id.
      this.#distrustsLastEpoch = true;
      if (this.#epoch === undefined) this.#raiseDoubt();
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
    if (link === undefined || this.#lastEpoch === undefined) return;
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    void this.#recheckUntilSure(link, signal).finally(() => {
      this.#isRechecking = false;
      if (this.#epoch === undefined && link.isReady && !signal.aborted) this.#recheck();
    });
  }

  async #recheckUntilSure(link: RedisLink, signal: AbortSignal): Promise<void> {
    let said = "";
    for (let pauseMs = 25; link.isReady && !signal.aborted; pauseMs = Math.min(2 * pauseMs, 1000)) {
      try {
        await this.#establish(link, false);
        this.#logger.log("Redis is checked. Claims are taken again.");
        return;
      } catch (error) {
        const reason = this.#hide(reasonOf(error));
        if (reason !== said) this.#logger.warn(`Redis cannot be used: ${reason}`);
        said = reason;
      }
      await wait(pauseMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  /** Finds out which memory Redis has, and takes claims on it. */
  async #establish(link: RedisLink, isFirstStart: boolean): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const doubts = this.#doubts;
      const epoch = await this.#check(link, isFirstStart);
      if (doubts !== this.#doubts || !link.isReady) continue; // that may have been another connection
      this.#trust(epoch);
      return;
    }
    throw new Error("the connection does not hold");
  }

  #trust(epoch: string): void {
    const sinceMs = Number(epoch.split(":")[1]);
    if (!Number.isSafeInteger(sinceMs)) throw new Error("the epoch in Redis is not one");
    if (epoch !== this.#lastEpoch) {
      const isFirst = this.#lastEpoch === undefined;
      // What was claimed here lies in another memory, however long this one has been complete.
      this.#completeSinceMs = isFirst ? sinceMs : Math.max(sinceMs, this.#lastClaimMs);
      if (!isFirst)
        this.#logger.warn(
          `Redis may have forgotten nonces from before ${new Date(this.#completeSinceMs).toISOString()}. Requests of that time are refused.`,
        );
    }
    this.#lastEpoch = epoch;
    this.#distrustsLastEpoch = false;
    this.#hasLostMemory = false;
    this.#epoch = epoch;
  }

  /** Whether Redis can be trusted with nonces, and the epoch that it is in: the one that lies there, or a new one. */
  async #check(link: RedisLink, isFirstStart: boolean): Promise<string> {
    const patienceMs = this.#claimTimeoutMs * PATIENCE;
    const info = infoOf(await this.#within(patienceMs, link.send(["INFO"])));
    const version = info.get("redis_version") ?? "";
    const major = Number.parseInt(version, 10);
    const runId = info.get("run_id");
    if (!(major >= 6) || runId === undefined || runId === "")
      throw new ConfigurationError(
        this.#option,
        `is no Redis that says which run it is in (redis_version ${version || "unknown"}).`,
        "Use Redis 6.0 or later, or Valkey.",
      );
    if (info.get("cluster_enabled") === "1")
      throw new ConfigurationError(
        this.#option,
        "leads to a Redis Cluster, and nonces need one primary.",
        "Give a Redis without cluster mode.",
      );
    if (info.get("role") !== "master") {
      this.#distrustsLastEpoch = true;
      throw new ConfigurationError(
        this.#option,
        "leads to a replica, which takes no claims.",
        "Give the primary.",
      );
    }
    await this.#checkPolicy(link, info);
    this.#tellsHolder = major >= 7;

    const distrusted = this.#distrustsLastEpoch ? (this.#lastEpoch ?? "") : "";
    const epoch = await this.#within(
      patienceMs,
      link.send([
        "EVAL",
        ESTABLISH,
        "1",
        this.#epochKey(link),
        runId,
        randomBytes(9).toString("base64url"),
        distrusted,
        isFirstStart ? "1" : "",
      ]),
    );
    return textOf(epoch) ?? "";
  }

  /** A Redis that evicts may forget a nonce that lives. */
  async #checkPolicy(link: RedisLink, info: ReadonlyMap<string, string>): Promise<void> {
    const policy = info.get("maxmemory_policy") ?? (await this.#configuredPolicy(link));
    if (policy === undefined)
      this.#logger.warn(
        "Redis does not say what its maxmemory-policy is. It must be noeviction: otherwise nonces are forgotten.",
      );
    else if (policy !== "noeviction")
      throw new ConfigurationError(
        this.#option,
        `leads to a Redis whose maxmemory-policy is ${policy}: it may forget nonces.`,
        "Set maxmemory-policy noeviction, or give nonces a Redis of their own.",
      );
  }

  async #configuredPolicy(link: RedisLink): Promise<string | undefined> {
    const asked = link.send(["CONFIG", "GET", "maxmemory-policy"]);
    try {
      const answer = await this.#within(this.#claimTimeoutMs * PATIENCE, asked);
      if (Array.isArray(answer)) return textOf(answer[1]) ?? undefined;
      const policy = (answer as Record<string, unknown> | null)?.["maxmemory-policy"];
      return typeof policy === "string" ? policy : undefined;
    } catch (error) {
      if (hasServerCode(error, "NOPERM") || hasServerCode(error, "ERR")) return undefined;
      throw error;
    }
  }

  /** The promise's outcome, or a rejection when it takes longer. What comes later is not looked at. */
  async #within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function badOption(option: string, problem: string): ConfigurationError {
  return new ConfigurationError(
    option,
    problem,
    'Write new RedisNonceStore({ url: "redis://host:6379" }) or new RedisNonceStore({ client }).',
  );
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

function textOf(answer: unknown): string | null {
  if (answer === null) return null;
  if (typeof answer === "string") return answer;
  if (Buffer.isBuffer(answer)) return answer.toString();
  throw new Error("Redis answered with something else than text");
}

function infoOf(answer: unknown): ReadonlyMap<string, string> {
  const lines = (textOf(answer) ?? "").split(/\r?\n/);
  return new Map(
    lines.flatMap((line) => {
      const at = line.indexOf(":");
      return at < 0 || line.startsWith("#") ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}
