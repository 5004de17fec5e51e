import { describe, expect, it } from "@jest/globals";
import { Doubt } from "./doubt.js";
import { Refusal, REFUSAL_CODES, type RefusalCode } from "./errors.js";
import type { KeyStore } from "./ports/key-store.js";
import type { NonceStore } from "./ports/nonce-store.js";

const WINDOW = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
const TELLING: readonly RefusalCode[] = ["app-unknown", "key-unusable", "signature-mismatch"];
const OTHERS = REFUSAL_CODES.filter((code) => !TELLING.includes(code));

function doubtOf(
  ports: { keys?: Partial<KeyStore>; nonces?: Partial<NonceStore>; nowMs?: () => number } = {},
) {
  const keys: KeyStore = Object.assign(ports.keys ?? {}, { find: () => undefined });
  const nonces: NonceStore = { claim: () => "fresh", ...ports.nonces };
  const doubt = new Doubt({
    keys,
    nonces,
    window: WINDOW,
    clock: { nowMs: ports.nowMs ?? (() => 1e12) },
  });
  const statusOf = (code: RefusalCode): number =>
    (doubt.answer(new Refusal(code)) as Refusal).status;
  return { doubt, statusOf };
}

describe("Doubt", () => {
  it("changes nothing while every store works", () => {
    const { doubt, statusOf } = doubtOf();
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 401]);
    const refusal = new Refusal("signature-mismatch");
    expect(doubt.answer(refusal)).toBe(refusal);
  });

  it.each<RefusalCode>(["nonces-unavailable", "nonces-full"])(
    "answers 503 for 401 after %s, and 401 again once the store has answered",
    (failure) => {
      const { doubt, statusOf } = doubtOf();
      expect(statusOf(failure)).toBe(503);
      for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 503]);
      for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 503]); // it stands
      doubt.noncesAnswered();
      for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 401]);
    },
  );

  it("tells nothing by what is said before the key is looked up", () => {
    const { doubt, statusOf } = doubtOf();
    doubt.answer(new Refusal("nonces-unavailable"));
    for (const code of OTHERS) expect(statusOf(code)).toBe(new Refusal(code).status);
  });

  it("keeps the code, the cause and the progress for the log", () => {
    const { doubt } = doubtOf();
    doubt.answer(new Refusal("nonces-unavailable"));
    const progress = { appId: "demo", scheme: "lacre1", canonicalRequest: "text" };
    const refusal = doubt.answer(new Refusal("app-unknown", undefined, progress)) as Refusal;
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal.code).toBe("app-unknown");
    expect(refusal.progress()).toMatchObject(progress);
  });

  it("passes on what is no refusal", () => {
    const { doubt } = doubtOf();
    doubt.answer(new Refusal("nonces-unavailable"));
    const error = new TypeError("a mistake");
    expect(doubt.answer(error)).toBe(error);
  });

  it("goes by the key store's own word where it has one", () => {
    const keys = { failing: true };
    const { doubt, statusOf } = doubtOf({ keys });
    expect(statusOf("signature-mismatch")).toBe(503);
    keys.failing = false;
    expect(statusOf("signature-mismatch")).toBe(401);
    doubt.answer(new Refusal("keys-unavailable"));
    expect(statusOf("signature-mismatch")).toBe(401);
  });

  it("stands while the key store turns look-ups away", () => {
    const keys = { failing: false, overloaded: true };
    const { statusOf } = doubtOf({ keys });
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 503]);
    keys.overloaded = false;
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 401]);
  });

  it("takes a verdict on a key for an answer of a key store that says nothing of itself", () => {
    const { statusOf } = doubtOf();
    expect(statusOf("keys-unavailable")).toBe(503);
    expect(statusOf("signature-mismatch")).toBe(401);
  });

  it("stands while the fence after a start stands", () => {
    let nowMs = 1_000_700;
    const { statusOf } = doubtOf({ nonces: { completeSinceMs: 1_000_700 }, nowMs: () => nowMs });
    expect(statusOf("app-unknown")).toBe(503);
    nowMs = 1_005_999;
    expect(statusOf("app-unknown")).toBe(503);
    nowMs = 1_006_000;
    expect(statusOf("app-unknown")).toBe(401);
  });
});
