import { randomBytes } from "node:crypto";
import { MAX_TRIED, type App, type Key } from "../apps/apps.js";
import { Secret } from "../crypto/secret.js";
import { Refusal } from "../errors.js";
import { isPromise, type Maybe } from "../after.js";
import type { Claimed, Keyed } from "../flow.js";
import { UnreadableAppError, type KeyStore } from "../ports/key-store.js";

/** Verifies nothing: stands in for the key of an unknown app, so that one costs nearly as much as a known one. */
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
 * @param scheme the name of the scheme that asks
 * @throws Refusal `keys-unavailable` when the store cannot know, `app-unreadable` when it cannot read this one app
 */
export function findApp(appId: string, scheme: string, keys: KeyStore): Maybe<App | undefined> {
  const unavailable = (cause: unknown): never => refuse(appId, scheme, cause);
  try {
    const found = keys.find(appId);
    return isPromise(found) ? found.then(undefined, unavailable) : found;
  } catch (cause) {
    return unavailable(cause);
  }
}

function refuse(appId: string, scheme: string, cause: unknown): never {
  const code = cause instanceof UnreadableAppError ? "app-unreadable" : "keys-unavailable";
  throw new Refusal(code, undefined, { appId, scheme, cause });
}

/**
 * The keys that may have made the MAC. An unknown app, or one without a live key for this scheme and algorithm, goes
 * on with the dummy key.
 */
export function resolveKey(
  claimed: Claimed,
  found: App | undefined | null, // databases say null
  nowMs: number,
): Keyed {
  const app = found ?? undefined;
  const { scheme, reading } = claimed;
  const { algorithm } = reading.claims.recipe;
  const live = app?.keysFor(scheme.name, algorithm, nowMs) ?? [];
  const candidates = live.length > 0 ? live : [DUMMY_KEY];
  return { claimed, app, candidates, nowMs } as unknown as Keyed;
}

const DUMMIES: readonly Key[] = Array.from({ length: MAX_TRIED }, () => DUMMY_KEY);

/**
 * The keys that may have made the MAC when none of the candidates did. For the log: they open nothing. The dummy key
 * fills the list, so that it costs the same whatever keys an app has had, and where there is no app.
 */
export function deadKeys({ claimed: { scheme, reading }, app, candidates }: Keyed): readonly Key[] {
  const dead = app?.keysBeside(candidates, scheme.name, reading.claims.recipe.algorithm) ?? [];
  return [...dead, ...DUMMIES].slice(0, MAX_TRIED);
}
