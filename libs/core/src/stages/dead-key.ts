import type { Key } from "../apps/apps.js";
import type { DeadKey, Progress } from "../errors.js";
import { isOneOf } from "../crypto/equal-texts.js";
import type { Keyed } from "../flow.js";
import { deadKeys } from "./resolve-key.js";

/** Dead keys are tried on texts up to this length: a flood of large content must not cost three times as much. */
const MAX_RETRIED_LENGTH = 16_384;

/**
 * What is told of a MAC that a key made which opens nothing now: to the log and to observers alone. All of them are tried, whichever is right; how
 * many that is depends on nothing but the length of the text.
 */
export function deadKeyOf(
  keyed: Keyed,
  canonicalRequest: string,
): Pick<Progress, "note" | "deadKey"> | undefined {
  if (canonicalRequest.length > MAX_RETRIED_LENGTH) return undefined;
  const { claims } = keyed.claimed.reading;
  let maker: Key | undefined;
  for (const key of deadKeys(keyed))
    if (isOneOf(key.secret.macBy(claims.recipe, canonicalRequest), claims.mac, claims.otherMacs))
      maker = key;
  if (maker === undefined || keyed.app?.keys.includes(maker) !== true) return undefined;
  return {
    note: `made with the key ${maker.id}, ${wordsOf(maker)}`,
    deadKey: { id: maker.id, why: whyDead(maker, keyed.nowMs) },
  };
}

function whyDead({ state, notBeforeMs, expiresAtMs }: Key, nowMs: number): DeadKey["why"] {
  if (state === "revoked") return "revoked";
  if (nowMs < notBeforeMs) return "not-yet-valid";
  return nowMs < expiresAtMs ? "not-tried" : "ended";
}

function wordsOf({ state, notBeforeMs, expiresAtMs }: Key): string {
  if (state === "revoked") return "which is revoked";
  const [begins, ends] = [notBeforeMs, expiresAtMs].map((ms) =>
    Number.isFinite(ms) ? new Date(ms).toISOString() : undefined,
  );
  if (begins === undefined)
    return ends === undefined
      ? "which is one more than are tried for a request"
      : `which expired at ${ends}`;
  return ends === undefined
    ? `which is not valid before ${begins}`
    : `which is valid from ${begins} to ${ends} alone`;
}
