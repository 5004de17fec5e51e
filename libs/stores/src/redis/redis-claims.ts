import { randomBytes } from "node:crypto";
import { NonceStoreFullError, type Held, type NonceHold } from "@lacre/core";
import { ClaimLanes } from "../server/claim-lanes.js";
import type { StoreClock } from "../server/store-clock.js";
import { WRONG_EXPIRY } from "../server/words.js";
import { explain, hasServerCode, textOf, timeOf } from "./redis-answers.js";
import type { RedisEpoch, Sure } from "./redis-epoch.js";
import {
  giveBackCommand,
  heldBy,
  holdCommand,
  type Lives,
  markDoneCommand,
} from "./redis-holds.js";
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

/** One claim: where, by whom, on what, and whether Redis was asked. */
interface Trial {
  readonly at: string;
  readonly attempt: string;
  readonly ground: Ground;
  isSent: boolean;
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
    const trial = this.#try(key);
    const { at, attempt, ground } = trial;
    const { tellsHolder } = ground.sure;
    const told = tellsHolder ? ["GET"] : [];
    const command: Command = ["SET", at, attempt, "NX", ...told, "PX", String(ttlMs)];
    const { held, laterMs } = await this.#ask(trial, command, scheme);
    const verdict = verdictOf(held, tellsHolder ? attempt : undefined);
    if (verdict === "fresh" && laterMs !== 0)
      await this.#extend(trial, this.#ttlOf(expiresAtMs + laterMs));
    return verdict;
  }

  async hold(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme: string | undefined,
  ): Promise<NonceHold | Held> {
    const lives = { ttlMs: this.#ttlOf(expiresAtMs), doneTtlMs: this.#ttlOf(doneUntilMs) };
    const trial = this.#try(key);
    try {
      return await this.#hold(trial, lives, scheme);
    } catch (error) {
      this.#letGo(trial);
      throw error;
    }
  }

  async #hold(trial: Trial, lives: Lives, scheme: string | undefined): Promise<NonceHold | Held> {
    const { at, attempt } = trial;
    const { held, laterMs } = await this.#ask(trial, holdCommand(at, attempt, lives), scheme);
    const verdict = heldBy(held, attempt);
    if (verdict === "done" && laterMs !== 0) {
      const doneTtlMs = lives.doneTtlMs + laterMs;
      await this.#ask(trial, holdCommand(at, attempt, { ...lives, doneTtlMs }), undefined);
    }
    if (verdict !== "fresh") return verdict;
    if (laterMs !== 0) await this.#extend(trial, lives.ttlMs + laterMs);
    return {
      giveBack: () => this.#tell(giveBackCommand(at, attempt)),
      markDone: (untilMs) => this.#tell(markDoneCommand(at, attempt, this.#ttlOf(untilMs))),
    };
  }

  /** What a claim is made with. */
  #try(key: string): Trial {
    if (key === EPOCH) throw new RangeError(`no nonce is called ${EPOCH}`);
    const ground = this.#ground();
    const attempt = `${this.#attempts}:${(this.#attempt++).toString(36)}`;
    const at = nonceKey(ground.link, this.#settings.prefix, key);
    return { ground, attempt, at, isSent: false };
  }

  /**
   * Claims by a command.
   * @returns what it answered, and by how much longer another server needs the nonce that came meanwhile
   */
  async #ask(
    trial: Trial,
    command: Command,
    scheme: string | undefined,
  ): Promise<{ readonly held: string | null; readonly laterMs: number }> {
    const { memory, link } = trial.ground;
    const askedMs = this.#clock.nowMs();
    const [time, text, held, ...others] = await this.#transact(trial, [
      ["TIME"],
      ["GET", epochKey(link, this.#settings.prefix)],
      command,
    ]);
    if (held === undefined || others.length > 0)
      throw new Error("Redis answered another transaction than the claim's");
    const found = this.#sameMemory(memory, textOf(text));
    this.#clock.heard(timeOf(time), askedMs);
    return { held: textOf(held), laterMs: 1000 * found.horizons.laterBy(scheme, memory.horizons) };
  }

  /** A hold that was given up may land yet, and nobody would end it. What is sent behind it ends it. */
  #letGo({ isSent, ground, at, attempt }: Trial): void {
    const { link } = ground;
    if (isSent && link.isReady) void link.send(giveBackCommand(at, attempt)).catch(() => undefined);
  }

  /** Says what became of a claim. Under another memory nobody has its attempt, and nothing happens. */
  async #tell(command: Command): Promise<void> {
    const { link } = this.#ground();
    try {
      await this.#lanes.run(() => link.send(command));
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  async #extend(trial: Trial, ttlMs: number): Promise<void> {
    const { ground, at, attempt } = trial;
    const [again, kept] = await this.#transact(trial, [
      ["GET", epochKey(ground.link, this.#settings.prefix)],
      ["SET", at, attempt, "XX", "PX", String(ttlMs)],
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

  async #transact(trial: Trial, commands: readonly Command[]) {
    const { sure, link } = trial.ground;
    let answers: readonly unknown[];
    try {
      answers = await this.#lanes.run(() => {
        trial.isSent = true;
        return link.transaction(commands);
      });
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
