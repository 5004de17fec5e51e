import { randomBytes } from "node:crypto";
import { ConfigurationError, within, type NonceNeeds } from "@lacre/core";
import type { StoreClock } from "../server/store-clock.js";
import { hasServerCode, timeOf } from "./redis-answers.js";
import { giveBackCommand, holdCommand, markDoneCommand } from "./redis-holds.js";
import type { Command, RedisLink } from "./redis-link.js";
import { epochKey, establishMemory, nonceKey, type RedisMemory } from "./redis-memory.js";
import type { RedisSettings } from "./redis-options.js";
import { checkServer } from "./redis-server-checks.js";

/** What a check goes by. */
export interface RedisChecking {
  readonly settings: RedisSettings;
  readonly link: RedisLink;
  readonly clock: StoreClock;
  /** Called before the check fails on a replica. */
  readonly foundReplica: () => void;
  /** The epoch that is not to be trusted any more. */
  readonly distrusted: string;
  readonly isFirstStart: boolean;
  readonly horizons: NonceNeeds["horizons"];
  /** Whether claims are given back. */
  readonly holds: boolean;
}

/** A Redis that can be trusted with nonces. */
export interface CheckedRedis {
  /** The memory that lies there, or a new one. */
  readonly memory: RedisMemory;
  readonly tellsHolder: boolean;
}

/**
 * Checks whether Redis can be trusted with nonces, and which memory it has.
 * @throws ConfigurationError for a server that is not as it must be, a replica among them
 */
export async function checkRedis(checking: RedisChecking): Promise<CheckedRedis> {
  const { settings, link, foundReplica, distrusted, isFirstStart, horizons } = checking;
  const { door, patienceMs, log, prefix } = settings;
  const ask = (command: Command) => within(patienceMs, link.send(command));
  const warn = (message: string) => log.warn(message);
  const { runId, isReplica, tellsHolder } = await checkServer({ ask, option: door, warn });
  if (isReplica) {
    foundReplica();
    throw new ConfigurationError(
      door,
      "leads to a replica, which takes no claims.",
      "Give the primary.",
    );
  }
  await tryClaim(checking);
  const key = epochKey(link, prefix);
  const memory = await establishMemory({ ask, key, runId, distrusted, isFirstStart, horizons });
  return { memory, tellsHolder };
}

/** Proves the rights that a claim needs, and the clocks, with a nonce that nobody sends. */
async function tryClaim({ settings, link, clock, holds }: RedisChecking): Promise<void> {
  const { prefix, patienceMs } = settings;
  const attempt = randomBytes(9).toString("base64url");
  const key = nonceKey(link, prefix, `trial:${attempt}`);
  const held = `${key}:held`;
  const askedMs = clock.nowMs();
  const trial = link.transaction([
    ["TIME"],
    ["GET", epochKey(link, prefix)],
    ["SET", key, "", "NX", "PX", "1"],
    ...(holds ? tryHold(held, attempt) : []),
  ]);
  try {
    const [time] = await within(patienceMs, trial);
    clock.note(timeOf(time), askedMs);
  } catch (error) {
    // It starts, and refuses: there can be room again while it runs.
    if (!hasServerCode(error, "OOM")) throw error;
  }
}

/** Each script, on all of its ways: a right that lacks is not found on the others. */
const tryHold = (at: string, attempt: string): Command[] => [
  holdCommand(at, attempt, { ttlMs: 1000, doneTtlMs: 1000 }),
  giveBackCommand(at, attempt),
  holdCommand(at, attempt, { ttlMs: 1, doneTtlMs: 1 }),
  markDoneCommand(at, attempt, 1),
];
