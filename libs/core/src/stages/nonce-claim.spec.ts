import { describe, expect, it } from "@jest/globals";
import { Secret } from "../crypto/secret.js";
import { Doubt } from "./doubt.js";
import type { Authentic } from "../flow.js";
import { NonceClaim } from "./nonce-claim.js";
import { Refusal } from "../errors.js";
import type { NonceStore, SharedHorizon } from "../ports/nonce-store.js";
import { MemoryNonceStore } from "../stores/memory-nonce.store.js";

const T = 1_700_000_000;
const clock = { nowMs: () => T * 1000 };
const CLAIMS = { appId: "demo", nonce: "n", timestampSeconds: T };

/** What a service answers to the one request of "demo" that was made with its key. */
function answerOf(
  nonces: NonceStore,
  key: Buffer,
  takesSeveralMacs: boolean,
  doubt = new Doubt({ find: () => undefined }),
) {
  const scheme = { name: "any", takesSeveralMacs };
  const made = { scheme, claims: CLAIMS, key: { secret: new Secret(key), algorithm: "sha256" } };
  return new NonceClaim(made as unknown as Authentic, {
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    nonces,
    doubt,
    clock,
  }).make();
}

describe("two services that share a store and know one app", () => {
  const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const;

  it.each([
    ["do not meet under different keys", false, keys[1], "fresh"],
    ["meet under one key", false, keys[0], "seen"],
    // HMAC fills a key up with zeros: whoever holds one can make the other's MACs.
    [
      "meet under keys that make the same MACs",
      false,
      Buffer.concat([keys[0], Buffer.alloc(8)]),
      "seen",
    ],
    // Whoever copies such a message can show the one MAC here and the other there.
    ["meet under different keys where a message may carry both MACs", true, keys[1], "seen"],
  ])("%s", async (_what, takesSeveralMacs, other, verdict) => {
    const nonces = new MemoryNonceStore({ clock, fence: false });
    expect(await answerOf(nonces, keys[0], takesSeveralMacs)).toBe("fresh");
    expect(await answerOf(nonces, other, takesSeveralMacs)).toBe(verdict);
  });
});

describe("a store that others share", () => {
  /** It hears of another verifier while it is asked. */
  function storeOf(heard: SharedHorizon, completeSinceMs: number): NonceStore {
    let horizon: SharedHorizon | undefined;
    return {
      isShared: true,
      completeSinceMs,
      horizonOf: () => horizon,
      claim: async () => {
        horizon = heard;
        return "fresh" as const;
      },
    };
  }
  const own: SharedHorizon = {
    seconds: 326,
    aheadSeconds: 30,
    sinceMs: 0,
    beforeSeconds: Infinity,
  };
  const codeOf = (store: NonceStore) =>
    Promise.resolve(answerOf(store, Buffer.alloc(32, 1), false)).catch(
      (error: unknown) => (error as Refusal).code,
    );

  it.each<[string, SharedHorizon, number, string]>([
    ["is as good as its word otherwise", own, (T - 31) * 1000, "fresh"],
    [
      "fences by whoever looks furthest ahead, since that one may have run the request before the memory was lost",
      { ...own, aheadSeconds: 85 },
      (T - 85) * 1000,
      "nonces-starting",
    ],
    ["and no longer than that", { ...own, aheadSeconds: 85 }, (T - 86) * 1000, "fresh"],
    [
      "has the request judged anew by what it has heard with its answer",
      { ...own, sinceMs: T * 1000, beforeSeconds: 20 },
      0,
      "nonces-starting",
    ],
  ])("%s", async (_what, heard, completeSinceMs, verdict) => {
    expect(await codeOf(storeOf(heard, completeSinceMs))).toBe(verdict);
  });
});

describe("what an answer says of its store", () => {
  const wrong = new Refusal("signature-mismatch");
  const WOULD_CLAIM = { isProven: false, wouldClaim: true, isFenced: false, isClockOff: false };
  const down = (): never => {
    throw new Error("down");
  };

  it.each<[string, Partial<NonceStore> & Pick<NonceStore, "claim">, "works" | "fails" | "nothing"]>(
    [
      ["a new nonce: it works", { claim: () => "fresh" }, "works"],
      ["the same, later: it works", { claim: async () => "fresh" as const }, "works"],
      // A store that can be read and not written knows old nonces, too.
      ["a nonce that it knew: nothing", { claim: () => "seen" }, "nothing"],
      ["the same, later: nothing", { claim: async () => "seen" as const }, "nothing"],
      ["an error: it fails", { claim: down }, "fails"],
      ["the same, later: it fails", { claim: async () => down() }, "fails"],
      ["no answer: it fails", { claim: () => undefined as never }, "fails"],
      [
        "none, since it is not asked: nothing",
        { claim: down, completeSinceMs: T * 1000 },
        "nothing",
      ],
    ],
  )("%s", async (_what, store, says) => {
    for (const before of ["works", "fails"] as const) {
      const doubt = new Doubt({ find: () => undefined });
      if (before === "fails") doubt.noncesFailed();
      const answer = async () => answerOf(store, Buffer.alloc(32, 1), false, doubt);
      await answer().catch((error: unknown) => expect(error).toBeInstanceOf(Refusal));
      const now = says === "nothing" ? before : says;
      const { status } = doubt.answer(wrong, WOULD_CLAIM);
      expect([before, status]).toEqual([before, now === "works" ? 401 : 503]);
    }
  });
});
