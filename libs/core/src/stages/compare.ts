import { hash } from "node:crypto";
import { isOneOf } from "../crypto/equal-texts.js";
import { Refusal } from "../errors.js";
import type { Authentic, Keyed } from "../flow.js";
import type { Claims } from "../scheme/claims.js";
import { deadKeyOf } from "./dead-key.js";

/**
 * Where several MACs may stand side by side none of them can be what is good once: whoever resends the request can add
 * another, leave one out, or change their order. What they are made of stays the same.
 */
function withNonce(claims: Claims, canonicalRequest: string): Claims {
  const { nonce, unsignedId } = claims;
  if (nonce !== "") return claims;
  // No id has a line feed, so what stands before the last one is the canonical request.
  const once = unsignedId === undefined ? canonicalRequest : `${canonicalRequest}\n${unsignedId}`;
  return { ...claims, nonce: hash("sha256", once) };
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
    if (!isOneOf(expected, claims.mac, claims.otherMacs)) continue;
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
  const progress = {
    appId: claims.appId,
    scheme: scheme.name,
    canonicalRequest,
    ...deadKeyOf(keyed, canonicalRequest),
  };
  // Of the dummy key too, so that an unknown app takes as long.
  const keyFingerprints = candidates.map(({ secret }) => secret.fingerprint);
  const keyIds = candidates.map(({ id }) => id);
  if (app === undefined) throw new Refusal("app-unknown", undefined, progress);
  if (!candidates.some((key) => app.keys.includes(key)))
    throw new Refusal("key-unusable", "no live key for this scheme and algorithm", progress);
  throw new Refusal("signature-mismatch", undefined, { ...progress, keyFingerprints, keyIds });
}
