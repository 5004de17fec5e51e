import { hash } from "node:crypto";
import type { Key } from "../apps/apps.js";
import { areEqualMacs } from "../crypto/equal-texts.js";
import { Refusal } from "../errors.js";
import type { Authentic, Keyed } from "../flow.js";
import type { Claims } from "../scheme/claims.js";
import { deadKeys } from "./resolve-key.js";

/** Compares all of them, whichever is right. */
function isOneOf(expected: string, { mac, otherMacs = [] }: Claims): boolean {
  let isRight = areEqualMacs(expected, mac);
  for (const other of otherMacs) isRight = areEqualMacs(expected, other) || isRight;
  return isRight;
}

/**
 * Where several MACs may stand side by side none of them can be what is good once: whoever resends the request can add
 * another, leave one out, or change their order. What they are made of stays the same.
 */
function withNonce(claims: Claims, canonicalRequest: string): Claims {
  return claims.nonce === "" ? { ...claims, nonce: hash("sha256", canonicalRequest) } : claims;
}

/** Dead keys are tried on texts up to this length: a flood of large content must not cost three times as much. */
const MAX_RETRIED_LENGTH = 16_384;

/**
 * What the log says of a MAC that a key made which opens nothing now. All of them are tried, whichever is right; how
 * many that is depends on nothing but the length of the text.
 */
function noteOfDeadKey(keyed: Keyed, canonicalRequest: string): string | undefined {
  if (canonicalRequest.length > MAX_RETRIED_LENGTH) return undefined;
  const { claims } = keyed.claimed.reading;
  let maker: Key | undefined;
  for (const key of deadKeys(keyed))
    if (isOneOf(key.secret.macBy(claims.recipe, canonicalRequest), claims)) maker = key;
  if (maker === undefined || keyed.app?.keys.includes(maker) !== true) return undefined;
  return `made with the key ${maker.id}, ${whyDead(maker)}`;
}

function whyDead({ state, notBeforeMs, expiresAtMs }: Key): string {
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

/**
 * Compares the MAC with that of each candidate key. The only door to `Authentic`.
 * @throws Refusal `signature-mismatch`, `app-unknown`, `key-unusable`
 */
export function compare(keyed: Keyed, canonicalRequest: string): Authentic {
  const { claimed, app, candidates } = keyed;
  const { scheme, head, reading } = claimed;
  const { claims } = reading;
  for (const key of candidates) {
    const expected = key.secret.macBy(claims.recipe, canonicalRequest);
    if (!isOneOf(expected, claims)) continue;
    if (app === undefined || !app.keys.includes(key)) break; // the dummy key opens nothing
    app.noteVerified(key);
    return {
      scheme,
      head,
      claims: withNonce(claims, canonicalRequest),
      app,
      key,
      canonicalRequest,
    } as Authentic;
  }
  const note = noteOfDeadKey(keyed, canonicalRequest);
  const progress = {
    appId: claims.appId,
    scheme: scheme.name,
    canonicalRequest,
    ...(note !== undefined && { note }),
  };
  // Of the dummy key too, so that an unknown app takes as long.
  const keyFingerprints = candidates.map(({ secret }) => secret.fingerprint);
  if (app === undefined) throw new Refusal("app-unknown", undefined, progress);
  if (!candidates.some((key) => app.keys.includes(key)))
    throw new Refusal("key-unusable", "no live key for this scheme and algorithm", progress);
  throw new Refusal("signature-mismatch", undefined, { ...progress, keyFingerprints });
}
