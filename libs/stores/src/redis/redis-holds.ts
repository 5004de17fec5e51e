import type { Held } from "@lacre/core";
import type { Command } from "./redis-link.js";

/*
 * Claims that can be given back: a key has the text of whoever holds it, an attempt as of every claim, until its work is
 * done. Each is one script, so that nobody comes between its look and its record.
 */

const DONE = "done";

/** KEYS[1] the nonce; ARGV the attempt, for how long it is held, for how long it is remembered once it was found done. */
const HOLD = `
local held = redis.call('GET', KEYS[1])
if not held then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif held == '${DONE}' and redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('SET', KEYS[1], held, 'PX', ARGV[3])
end
return held`;

/** KEYS[1] the nonce; ARGV the attempt. */
const GIVE_BACK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** KEYS[1] the nonce; ARGV the attempt, for how long it is remembered at least. */
const MARK_DONE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  local ttl = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[2]))
  redis.call('SET', KEYS[1], '${DONE}', 'PX', string.format('%.0f', ttl))
end`;

/** For how long a key is held, and remembered once it was found done, in milliseconds. */
export interface Lives {
  readonly ttlMs: number;
  readonly doneTtlMs: number;
}

export const holdCommand = (at: string, attempt: string, { ttlMs, doneTtlMs }: Lives): Command => [
  "EVAL",
  HOLD,
  "1",
  at,
  attempt,
  String(ttlMs),
  String(doneTtlMs),
];

export const giveBackCommand = (at: string, attempt: string): Command => [
  "EVAL",
  GIVE_BACK,
  "1",
  at,
  attempt,
];

export const markDoneCommand = (at: string, attempt: string, ttlMs: number): Command => [
  "EVAL",
  MARK_DONE,
  "1",
  at,
  attempt,
  String(ttlMs),
];

/** What there was under a key that somebody tried to hold: nothing, or our own attempt where it was sent twice. */
export function heldBy(answer: string | null, attempt: string): "fresh" | Held {
  if (answer === null || answer === attempt) return "fresh";
  return answer === DONE ? "done" : "under-way";
}
