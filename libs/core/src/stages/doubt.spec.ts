import { describe, expect, it } from "@jest/globals";
import { Doubt, type Standing } from "./doubt.js";
import { Refusal, REFUSAL_CODES, type RefusalCode } from "../errors.js";
import type { KeyStore } from "../ports/key-store.js";

const TELLING: readonly RefusalCode[] = ["app-unknown", "key-unusable", "signature-mismatch"];
const OTHERS = REFUSAL_CODES.filter((code) => !TELLING.includes(code));
const CLAIMS: Standing = { isProven: false, wouldClaim: true, isFenced: false, isClockOff: false };

function doubtOf(keys: Partial<KeyStore> = {}) {
  const doubt = new Doubt(Object.assign(keys, { find: () => undefined }));
  const statusOf = (code: RefusalCode, right = CLAIMS): number =>
    doubt.answer(new Refusal(code), right).status;
  return { doubt, statusOf };
}

describe("Doubt", () => {
  it("changes nothing while every store works", () => {
    const { doubt, statusOf } = doubtOf();
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 401]);
    const refusal = new Refusal("signature-mismatch");
    expect(doubt.answer(refusal, CLAIMS)).toBe(refusal);
  });

  it("answers 503 for 401 after a claim has failed, and 401 again once one was answered", () => {
    const { doubt, statusOf } = doubtOf();
    doubt.noncesFailed();
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 503]);
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 503]); // it stands
    doubt.noncesAnswered();
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 401]);
  });

  it("answers as a right MAC would be that needs no claim, or is too old for one", () => {
    const { doubt, statusOf } = doubtOf();
    doubt.noncesFailed();
    const right = { ...CLAIMS, wouldClaim: false };
    for (const code of TELLING) expect([code, statusOf(code, right)]).toEqual([code, 401]);
  });

  it("answers so what is wrong with a request whose MAC is right, too", () => {
    const { doubt, statusOf } = doubtOf();
    doubt.noncesFailed();
    for (const code of REFUSAL_CODES)
      expect([code, statusOf(code, { ...CLAIMS, isProven: true })]).toEqual([code, 503]);
  });

  it("tells nothing by what is said before the key is looked up", () => {
    const { doubt, statusOf } = doubtOf();
    doubt.noncesFailed();
    for (const code of OTHERS) expect(statusOf(code)).toBe(new Refusal(code).status);
  });

  it("keeps the code, the cause and the progress for the log", () => {
    const { doubt } = doubtOf();
    doubt.noncesFailed();
    const progress = { appId: "demo", scheme: "lacre1", canonicalRequest: "text" };
    const refusal = doubt.answer(new Refusal("app-unknown", undefined, progress), CLAIMS);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal.code).toBe("app-unknown");
    expect(refusal.progress()).toMatchObject(progress);
  });

  it("changes nothing of what is answered with 503 in any case", () => {
    const { doubt } = doubtOf({ failing: true });
    doubt.noncesFailed();
    const refusal = new Refusal("nonces-unavailable", "of the store");
    expect(doubt.answer(refusal, { ...CLAIMS, isProven: true })).toBe(refusal);
  });

  it("goes by the key store's own word where it has one", () => {
    const keys = { failing: true };
    const { statusOf } = doubtOf(keys);
    expect(statusOf("signature-mismatch")).toBe(503);
    keys.failing = false;
    expect(statusOf("signature-mismatch")).toBe(401);
    expect(statusOf("keys-unavailable")).toBe(503);
    expect(statusOf("signature-mismatch")).toBe(401);
  });

  it("stands while the key store turns look-ups away", () => {
    const keys = { failing: false, overloaded: true };
    const { statusOf } = doubtOf(keys);
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 503]);
    keys.overloaded = false;
    for (const code of TELLING) expect([code, statusOf(code)]).toEqual([code, 401]);
  });

  it("takes a verdict on a key for an answer of a key store that says nothing of itself", () => {
    const { statusOf } = doubtOf();
    expect(statusOf("keys-unavailable")).toBe(503);
    expect(statusOf("signature-mismatch")).toBe(401);
  });

  it("answers as a right MAC would be that was made before the store's memory begins", () => {
    const { statusOf } = doubtOf();
    const fenced = { ...CLAIMS, isFenced: true };
    expect(statusOf("app-unknown", fenced)).toBe(503);
    expect(statusOf("app-unknown")).toBe(401);
  });

  it("tells nobody anything of a time that cannot be judged, too old or not", () => {
    const { statusOf } = doubtOf();
    const off = { ...CLAIMS, wouldClaim: false, isClockOff: true };
    expect(statusOf("signature-mismatch", off)).toBe(503);
    expect(statusOf("timestamp-too-old", { ...off, isProven: true })).toBe(503);
    expect(statusOf("timestamp-absurd", off)).toBe(401); // before any key was looked up
  });
});
