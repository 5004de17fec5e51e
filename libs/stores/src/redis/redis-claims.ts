import { randomBytes } from "node:crypto";
import { NonceStoreFullError } from "@lacre/core";
import { ClaimLanes } from "../server/claim-lanes.js";
import type { StoreClock } from "../server/store-clock.js";
import { WRONG_EXPIRY } from "../server/words.js";
import { explain, hasServerCode, textOf, timeOf } from "./redis-answers.js";
import type { RedisEpoch, Sure } from "./redis-epoch.js";
import type { Command, RedisLink } from "./redis-link.js";
import { EPOCH, epochKey, nonceKey, readMemory, type RedisMemory } from "./redis-memory.js";
import type { RedisSettings } from "./redis-options.js";
import type { RedisWatch } from "./redis-watch.js";

/** How many claims are on their way at once over the one connection: more of them would only be more to wait for. */
const LANES = 256;

/** What a claim is made on. */
interface Ground {
  readonly sure: Sure;
  /** As it was known when the claim was made. */
  readonly memory: RedisMemory;
  readonly link: RedisLink;
}

/**
 * Claims nonces. A claim is one transaction, and its answer counts only if it came from the memory that was known to
 * be complete when the claim was made, over the connection on which that was found out. Anything else throws.
 */
export class RedisClaims {
  readonly #settings: RedisSettings;
  readonly #clock: StoreClock;
  readonly #epoch: RedisEpoch;
  readonly #watch: RedisWatch;
  readonly #lanes: ClaimLanes;
  /** Each claim writes another text: a client or a proxy may send one twice. */
  readonly #attempts = randomBytes(12).toString("base64url");
  #attempt = 0;

  constructor(settings: RedisSettings, clock: StoreClock, epoch: RedisEpoch, watch: RedisWatch) {
    this.#settings = settings;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#watch = watch;
    const timeoutMs = settings.claimTimeoutMs;
    this.#lanes = new ClaimLanes({ lanes: LANES, timeoutMs, inOrder: true });
  }

  async claim(
    key: string,
    expiresAtMs: number,
    scheme: string | undefined,
  ): Promise<"fresh" | "seen"> {
    // Up to the first await this runs at one with the caller's look at completeSinceMs and horizonOf.
    const ttlMs = this.#ttlOf(expiresAtMs);
    if (key === EPOCH) throw new RangeError(`no nonce is called ${EPOCH}`);
    const ground = this.#ground();
    const { sure, memory, link } = ground;

    const attempt = `${this.#attempts}:${(this.#attempt++).toString(36)}`;
    const at = nonceKey(link, this.#settings.prefix, key);
    const told = sure.tellsHolder ? ["GET"] : [];
    const askedMs = this.#clock.nowMs();
    const [time, text, held, ...others] = await this.#transact(ground, [
      ["TIME"],
      ["GET", epochKey(link, this.#settings.prefix)],
      ["SET", at, attempt, "NX", ...told, "PX", String(ttlMs)],
    ]);
    if (held === undefined || others.length > 0)
      throw new Error("Redis answered another transaction than the claim's");
    const found = this.#sameMemory(memory, textOf(text));
    this.#clock.heard(timeOf(time), askedMs);
    const verdict = verdictOf(textOf(held), sure.tellsHolder ? attempt : undefined);

    // Another server, which needs nonces for longer, has come while this claim was on its way.
    const laterMs = 1000 * found.horizons.laterBy(scheme, memory.horizons);
    if (verdict === "fresh" && laterMs !== 0)
      await this.#extend(ground, at, attempt, expiresAtMs + laterMs);
    return verdict;
  }

  async #extend(ground: Ground, at: string, attempt: string, expiresAtMs: number): Promise<void> {
    const [again, kept] = await this.#transact(ground, [
      ["GET", epochKey(ground.link, this.#settings.prefix)],
      ["SET", at, attempt, "XX", "PX", String(this.#ttlOf(expiresAtMs))],
    ]);
    this.#sameMemory(ground.memory, textOf(again));
    if (textOf(kept) !== "OK") throw this.#epoch.doubt();
  }

  /** How long a nonce is kept that matters until then by Redis's clock, from which it is counted. */
  #ttlOf(expiresAtMs: number): number {
    if (!Number.isFinite(expiresAtMs)) throw new RangeError(WRONG_EXPIRY);
    const ttlMs = Math.max(1, Math.ceil(expiresAtMs - this.#clock.leastStoreMs()));
    if (!Number.isSafeInteger(ttlMs)) throw new RangeError("expiresAtMs is too far away");
    return ttlMs;
  }

  /** @throws while the memory is in doubt */
  #ground(): Ground {
    const { link } = this.#watch;
    const epoch = this.#epoch.now;
    if (link === undefined || epoch.kind !== "sure" || !link.isReady) throw this.#epoch.doubt();
    return { sure: epoch, memory: epoch.memory, link };
  }

  async #transact({ sure, link }: Ground, commands: readonly Command[]) {
    let answers: readonly unknown[];
    try {
      answers = await this.#lanes.run(() => link.transaction(commands));
    } catch (error) {
      throw this.#failureOf(error);
    }
    // A client may have sent it again over another connection, to another server.
    if (this.#epoch.now !== sure) throw this.#epoch.doubt();
    return answers;
  }

  /** The memory that a claim has found, which must be the one that it was made on, though it may have grown. */
  #sameMemory(memory: RedisMemory, text: string | null): RedisMemory {
    if (text === memory.text) return memory;
    if (text?.startsWith(`${memory.epoch} `) !== true) {
      this.#watch.lose(
        "its memory is not the one that it was: it was restarted or flushed, or another took its place",
      );
      throw this.#epoch.doubt();
    }
    const found = readMemory(text);
    this.#epoch.grown(memory, found);
    return found;
  }

  #failureOf(error: unknown): Error {
    const message = `Redis: ${this.#settings.hide(explain(error))}`;
    if (hasServerCode(error, "READONLY")) this.#watch.foundReplica();
    else if (hasServerCode(error, "OOM")) return new NonceStoreFullError(message);
    return new Error(message);
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
