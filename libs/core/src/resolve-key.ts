import { randomBytes } from "node:crypto";
import type { App, Key } from "./apps.js";
import { Secret } from "./crypto/secret.js";
import { Refusal } from "./errors.js";
import type { Claims, Keyed } from "./flow.js";
import type { Clock } from "./ports/clock.js";
import type { KeyStore } from "./ports/key-store.js";

/** Verifies nothing: stands in for the key of an unknown app, so that one costs as much as a known one. */
const DUMMY_KEY: Key = {
  id: "dummy",
  secret: new Secret(randomBytes(32)),
  algorithm: "sha256",
  schemes: [],
  state: "revoked",
  notBeforeMs: Infinity,
  expiresAtMs: -Infinity,
};

/**
 * Finds the keys that may have made the MAC. An unknown app, or one without a live key for this scheme and
 * algorithm, goes on with the dummy key.
 * @throws Refusal `keys-unavailable` when the store cannot know
 */
export async function resolveKey(claims: Claims, keys: KeyStore, clock: Clock): Promise<Keyed> {
  let app: App | undefined;
  try {
    app = (await keys.find(claims.appId)) ?? undefined; // databases say null
  } catch (cause) {
    throw new Refusal("keys-unavailable", undefined, {
      appId: claims.appId,
      scheme: claims.scheme,
      cause,
    });
  }
  const live = app?.keysFor(claims.scheme, claims.algorithm, clock.nowMs()) ?? [];
  return { claims, app, candidates: live.length > 0 ? live : [DUMMY_KEY] } as unknown as Keyed;
}
