import { randomBytes } from "node:crypto";
import { MAX_TRIED, type App, type Key } from "../apps/apps.js";
import { Secret } from "../crypto/secret.js";
import { Refusal } from "../errors.js";
import type { Claims, Keyed } from "../flow.js";
import { UnreadableAppError, type KeyStore } from "../ports/key-store.js";

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
 * Looks the app up.
 * @throws Refusal `keys-unavailable` when the store cannot know, `app-unreadable` when it cannot read this one app
 */
export function findApp(
  claims: Claims,
  keys: KeyStore,
): App | undefined | Promise<App | undefined> {
  try {
    const found = keys.find(claims.appId);
    return found instanceof Promise
      ? found.catch((cause: unknown) => unavailable(claims, cause))
      : found;
  } catch (cause) {
    return unavailable(claims, cause);
  }
}

function unavailable({ appId, scheme }: Claims, cause: unknown): never {
  const code = cause instanceof UnreadableAppError ? "app-unreadable" : "keys-unavailable";
  throw new Refusal(code, undefined, { appId, scheme, cause });
}

/**
 * The keys that may have made the MAC. An unknown app, or one without a live key for this scheme and algorithm, goes
 * on with the dummy key.
 */
export function resolveKey(
  claims: Claims,
  found: App | undefined | null, // databases say null
  nowMs: number,
): Keyed {
  const app = found ?? undefined;
  const live = app?.keysFor(claims.scheme, claims.algorithm, nowMs) ?? [];
  return { claims, app, candidates: live.length > 0 ? live : [DUMMY_KEY] } as unknown as Keyed;
}

const DUMMIES: readonly Key[] = Array.from({ length: MAX_TRIED }, () => DUMMY_KEY);

/**
 * The keys that may have made the MAC when none of the candidates did. For the log: they open nothing. The dummy key
 * fills the list, so that it costs the same whatever keys an app has had, and where there is no app.
 */
export function deadKeys({ claims, app, candidates }: Keyed): readonly Key[] {
  const dead = app?.keysBeside(candidates, claims.scheme, claims.algorithm) ?? [];
  return [...dead, ...DUMMIES].slice(0, MAX_TRIED);
}
