import { randomBytes } from "node:crypto";
import type { NonceNeeds } from "@lacre/core";
import { Horizons, NOW } from "../server/horizons.js";
import { HORIZONS_KEEP_CHANGING, MOST_GROWTHS } from "../server/words.js";
import { textOf } from "./redis-answers.js";
import type { Command, RedisLink } from "./redis-link.js";

/**
 * One unbroken memory of nonces: what lies in Redis beside them, as `<run_id>:<ms>:<random> <horizons>`. It never
 * expires, so a memory that has lost nonces by a restart, a flush or a failover has lost it too, or has another server's.
 */
export interface RedisMemory {
  /** All of it, as it lies there. */
  readonly text: string;
  /** What names the memory. */
  readonly epoch: string;
  readonly sinceMs: number;
  readonly horizons: Horizons;
  /** Whether it lay there already when it was established. */
  readonly isOld?: boolean;
}

/** Where a nonce lies. */
export const nonceKey = ({ keyPrefix }: RedisLink, prefix: string, key: string): string =>
  `${keyPrefix}${prefix}${key}`;

/** Where the memory is described: no nonce may have this key. */
export const EPOCH = "epoch";
export const epochKey = (link: RedisLink, prefix: string): string => nonceKey(link, prefix, EPOCH);

/** KEYS[1] where it lies; ARGV run_id, randomness, an epoch that is not to be trusted any more, "1" on a first start. */
const ESTABLISH = `
local text = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local ms = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
if text then
  local epoch = string.match(text, '^(%S+) {')
  if epoch and string.sub(epoch, 1, #ARGV[1] + 1) == ARGV[1] .. ':' and epoch ~= ARGV[3] then
    return {text, ms}
  end
end
local since = ms
if not text and ARGV[4] == '1' then since = '0' end
text = ARGV[1] .. ':' .. since .. ':' .. ARGV[2] .. ' {}'
redis.call('SET', KEYS[1], text)
return {text, ms}`;

/** KEYS[1] where it lies; ARGV the text that was read, what is to stand in its place, what stands for the moment in it. */
const GROW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
local time = redis.call('TIME')
local ms = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
local text = string.gsub(ARGV[2], ARGV[3], ms)
redis.call('SET', KEYS[1], text)`;

/** What a memory is established with. */
export interface Establishing {
  readonly ask: (command: Command) => Promise<unknown>;
  readonly key: string;
  readonly runId: string;
  /** An epoch that is not to be trusted any more. */
  readonly distrusted: string;
  readonly isFirstStart: boolean;
  readonly horizons: NonceNeeds["horizons"];
}

/** The memory that there is, or a new one; its horizons as long as is needed. */
export async function establishMemory(settings: Establishing): Promise<RedisMemory> {
  const { ask, key, runId, distrusted, isFirstStart, horizons } = settings;
  let isOld: boolean | undefined;
  for (let tries = 0; tries < MOST_GROWTHS; tries++) {
    const randomness = randomBytes(9).toString("base64url");
    const first = isFirstStart ? "1" : "";
    const answer = await ask(["EVAL", ESTABLISH, "1", key, runId, randomness, distrusted, first]);
    const [text, nowMs] = Array.isArray(answer) ? (answer as unknown[]) : [];
    const memory = readMemory(textOf(text ?? null));
    const longer = memory.horizons.grown(horizons, Number(textOf(nowMs ?? null)));
    isOld ??= !memory.epoch.endsWith(`:${randomness}`);
    if (longer === undefined) return { ...memory, isOld };
    await ask(["EVAL", GROW, "1", key, memory.text, `${memory.epoch} ${longer}`, NOW]);
  }
  throw new Error(HORIZONS_KEEP_CHANGING);
}

/** @throws Error for a text that is not `<run_id>:<ms>:<random> <horizons>` */
export function readMemory(text: string | null): RedisMemory {
  const [, epoch, ms, horizons] = /^([^: ]+:(\d+):[^: ]+) (\{.*\})$/.exec(text ?? "") ?? [];
  if (text === null || epoch === undefined || horizons === undefined)
    throw new Error("what lies beside the nonces in Redis is not ours");
  return { text, epoch, sinceMs: Number(ms), horizons: new Horizons(horizons) };
}
