import { describe, expect, it, jest } from "@jest/globals";
import { Refusal } from "../errors.js";
import type { Claimed, Fresh, Routed } from "../flow.js";
import type { Claims } from "../scheme/claims.js";
import { NonceStoreFullError, type NonceStore } from "../ports/nonce-store.js";
import { checkPermission } from "./check-permission.js";
import { Doubt } from "./doubt.js";
import { NonceClaim } from "./nonce-claim.js";
import { fenceOf, rememberUntilMs } from "./nonce-memory.js";
import { Secret } from "../crypto/secret.js";
import { checkWindow, refuseAbsurdTime, rejectReplay } from "./replay.js";
import type { Window } from "../window.js";
import { MemoryNonceStore } from "../stores/memory-nonce.store.js";

const T = 1_700_000_000;
const WINDOW: Window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };

const KEY = new Secret(new Uint8Array(32).fill(7));
/** HMAC-SHA256 of "lacre nonce scope" under it, by openssl. */
const SCOPE = "90a88acb";

const routedAt = (timestampSeconds: number, nonce = "nonce", appId = "demo"): Routed =>
  ({
    scheme: { name: "lacre1" },
    claims: { appId, timestampSeconds, nonce } as unknown as Claims,
    canonicalRequest: "text",
    app: { scopes: [] },
    key: { secret: KEY, algorithm: "sha256" },
  }) as unknown as Routed;
/** A request that comes for the first time to the verifier: its window, then the claim of its nonce. */
async function judged(routed: Routed, { window, nonces, nowMs, once }: Rules): Promise<Fresh> {
  const doubt = new Doubt({ find: () => undefined });
  const nonce = new NonceClaim(routed, {
    window,
    nonces,
    doubt,
    clock: clockAt(nowMs),
  });
  const rules = { window, nowMs, nonce, once };
  return rejectReplay(checkPermission(await checkWindow(routed, rules), []), rules);
}
interface Rules {
  readonly window: Window;
  readonly nonces: NonceStore;
  readonly nowMs: number;
  readonly once: boolean;
}
const clockAt = (ms: number) => ({ nowMs: () => ms });

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "fresh";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** A store that remembers each key until `forgetAtMs`, by its own clock. */
function storeOf(
  clock: { nowMs(): number },
  forgetAtMs = (expiresAtMs: number) => expiresAtMs,
): NonceStore {
  const keys = new Map<string, number>();
  return {
    claim(key, expiresAtMs) {
      if (clock.nowMs() < (keys.get(key) ?? -Infinity)) return "seen";
      keys.set(key, forgetAtMs(expiresAtMs));
      return "fresh";
    },
  };
}

describe("refuseAbsurdTime", () => {
  it.each([
    [86_400, 0, "in time"],
    [86_400, 999, "in time"],
    [86_401, 0, "timestamp-absurd"],
    [-86_400, 0, "in time"],
    [-86_401, 0, "timestamp-absurd"],
    [-86_401, 999, "timestamp-absurd"],
  ])("a clock %s s and %s ms behind the timestamp: %s", (seconds, ms, verdict) => {
    const { scheme, claims } = routedAt(T);
    const claimed = { scheme, reading: { claims } } as unknown as Claimed;
    let code = "in time";
    try {
      refuseAbsurdTime(claimed, (T + seconds) * 1000 + ms);
    } catch (error) {
      code = (error as Refusal).code;
    }
    expect(code).toBe(verdict);
  });
});

describe("rejectReplay", () => {
  it.each([
    // TS01, TS02, TS09: both ends of the window are included, to the millisecond.
    [-5_001, "timestamp-too-new"],
    [-5_000, "fresh"],
    [-1, "fresh"],
    [0, "fresh"],
    [300_000, "fresh"],
    [300_999, "fresh"],
    [301_000, "timestamp-too-old"],
    [86_400_000, "timestamp-too-old"],
    [-86_400_000, "timestamp-too-new"],
  ])("%s ms after the timestamp: %s", async (ms, verdict) => {
    const clock = clockAt(T * 1000 + ms);
    expect(
      await codeOf(
        judged(routedAt(T), {
          window: WINDOW,
          once: false,
          nonces: storeOf(clock),
          nowMs: clock.nowMs(),
        }),
      ),
    ).toBe(verdict);
  });

  it.each([
    // What the sender says of its own request shortens the window and never lengthens it.
    [T + 10, 10, "fresh"],
    [T + 10, 11, "timestamp-too-old"],
    [T, 1, "timestamp-too-old"],
    [T + 1000, 300, "fresh"],
    [T + 1000, 301, "timestamp-too-old"],
  ])("good until %s by its own word, %s s after the timestamp: %s", async (until, age, verdict) => {
    for (const repeatable of [false, true]) {
      const routed = routedAt(T);
      const own = { ...routed.claims, goodUntilSeconds: until, repeatable };
      const clock = clockAt((T + age) * 1000 + 999);
      const nonces = storeOf(clock);
      const rules = { window: WINDOW, once: false, nonces, nowMs: clock.nowMs() };
      expect(await codeOf(judged({ ...routed, claims: own }, rules))).toBe(verdict);
    }
  });

  it("claims once, under AppId and nonce, until the formula's moment", async () => {
    const claim = jest.fn<NonceStore["claim"]>(() => "fresh");
    const routed = routedAt(T);
    const fresh = await judged(routed, {
      window: WINDOW,
      once: false,
      nonces: { claim },
      nowMs: T * 1000,
    });
    expect(fresh).toBe(routed);
    expect(claim.mock.calls).toEqual([
      [`demo\nlacre1\n${SCOPE}\nnonce`, (T + 300 + 1 + 25) * 1000, "lacre1"],
    ]);
    expect(rememberUntilMs({ timestampSeconds: T }, WINDOW)).toBe((T + 326) * 1000);
  });

  it("refuses the second of two, whatever time it comes", async () => {
    const store = storeOf(clockAt(T * 1000));
    const at = (ms: number, ...of: [string?, string?]) =>
      codeOf(
        judged(routedAt(T, ...of), {
          window: WINDOW,
          once: false,
          nonces: store,
          nowMs: T * 1000 + ms,
        }),
      );
    expect(await at(0)).toBe("fresh");
    expect(await at(0)).toBe("nonce-seen");
    expect(await at(300_999)).toBe("nonce-seen");
    expect(await at(0, "nonce", "other")).toBe("fresh"); // NR15: nonces are an app's own
    expect(await at(0, "NONCE")).toBe("fresh"); // NR18
  });

  it("keeps AppId and nonce apart in the key", async () => {
    const claim = jest.fn<NonceStore["claim"]>(() => "fresh");
    const store = { claim };
    await judged(routedAt(T, "bc", "a"), {
      window: WINDOW,
      once: false,
      nonces: store,
      nowMs: T * 1000,
    });
    await judged(routedAt(T, "c", "ab"), {
      window: WINDOW,
      once: false,
      nonces: store,
      nowMs: T * 1000,
    });
    expect(new Set(claim.mock.calls.map(([key]) => key)).size).toBe(2);
  });

  it("refuses a request from the future and claims it all the same", async () => {
    // NR05: it may be sent again and again until its time has come, and then a replay it is.
    const store = storeOf(clockAt(T * 1000));
    for (let ms = -20_000; ms <= 301_000; ms += 200) {
      const code = await codeOf(
        judged(routedAt(T), {
          window: WINDOW,
          once: false,
          nonces: store,
          nowMs: T * 1000 + ms,
        }),
      );
      expect([ms, code]).not.toEqual([ms, "fresh"]);
    }
  });

  it("leaves no trace of what is too old", async () => {
    const claim = jest.fn<NonceStore["claim"]>(() => "fresh");
    const clock = clockAt((T + 301) * 1000);
    expect(
      await codeOf(
        judged(routedAt(T), {
          window: WINDOW,
          once: false,
          nonces: { claim },
          nowMs: clock.nowMs(),
        }),
      ),
    ).toBe("timestamp-too-old");
    expect(claim).not.toHaveBeenCalled();
  });

  describe("after a start", () => {
    const startMs = T * 1000 + 700;
    const claim = jest.fn<NonceStore["claim"]>(() => "fresh");
    const store: NonceStore = { claim, completeSinceMs: startMs };

    it.each([
      // NR13: what was accepted before the start had timestamps up to the start and the skew.
      [-1, "nonces-starting"],
      [0, "nonces-starting"],
      [5, "nonces-starting"],
      [6, "fresh"],
      [-301, "timestamp-too-old"],
    ])("a timestamp %s s after it: %s", async (seconds, verdict) => {
      claim.mockClear();
      const clock = clockAt(startMs + 2000);
      expect(
        await codeOf(
          judged(routedAt(T + seconds), {
            window: WINDOW,
            once: false,
            nonces: store,
            nowMs: clock.nowMs(),
          }),
        ),
      ).toBe(verdict);
      expect(claim).toHaveBeenCalledTimes(verdict === "fresh" ? 1 : 0);
    });

    it("there is no fence around a store that was always complete", () => {
      expect(fenceOf("lacre1", store, WINDOW)).toBe(T + 5);
      expect(fenceOf("lacre1", { claim }, WINDOW)).toBe(-Infinity);
      expect(fenceOf("lacre1", { claim, isShared: true }, WINDOW)).toBe(-Infinity);
    });

    it("the fence of a shared store reckons with clocks that are ahead of the one that set it", async () => {
      const shared: NonceStore = { ...store, isShared: true };
      expect(fenceOf("lacre1", { ...store, isShared: false }, WINDOW)).toBe(T + 5);
      expect(fenceOf("lacre1", shared, WINDOW)).toBe(T + 5 + 25);
      expect(fenceOf("lacre1", shared, { ...WINDOW, clockSpreadSeconds: 0 })).toBe(T + 5);
      const at = (seconds: number) =>
        codeOf(
          judged(routedAt(T + seconds), {
            window: WINDOW,
            once: false,
            nonces: shared,
            nowMs: (T + seconds) * 1000,
          }),
        );
      expect(await at(30)).toBe("nonces-starting");
      expect(await at(31)).toBe("fresh");
    });
  });

  describe("when the store is in doubt", () => {
    const failing = (claim: NonceStore["claim"]): Promise<string> =>
      codeOf(
        judged(routedAt(T), {
          window: WINDOW,
          once: false,
          nonces: { claim },
          nowMs: T * 1000,
        }),
      );
    const fail = (error: unknown) => (): never => {
      throw error;
    };

    it.each<[string, NonceStore["claim"], string]>([
      // NR08, NR10
      ["throws", fail(new Error("ECONNREFUSED")), "nonces-unavailable"],
      ["rejects", () => Promise.reject(new Error("timeout")), "nonces-unavailable"],
      ["throws what is no error", fail("down"), "nonces-unavailable"],
      ["throws nothing at all", fail(undefined), "nonces-unavailable"],
      ["is full", fail(new NonceStoreFullError("full")), "nonces-full"],
      ["rejects as full", () => Promise.reject(new NonceStoreFullError("full")), "nonces-full"],
      // What is not "fresh" is not fresh.
      ["answers undefined", () => undefined as never, "nonces-unavailable"],
      ["answers true", () => Promise.resolve(true as never), "nonces-unavailable"],
      ["answers OK", () => "OK" as never, "nonces-unavailable"],
    ])("it %s", async (_what, claim, verdict) => {
      expect(await failing(claim)).toBe(verdict);
    });

    it("keeps the cause, the AppId and the text for the log", async () => {
      const cause = new Error("ECONNREFUSED");
      const attempt = judged(routedAt(T), {
        window: WINDOW,
        once: false,
        nonces: { claim: fail(cause) },
        nowMs: T * 1000,
      });
      const refusal = await attempt.catch((error: unknown) => error as Refusal);
      expect(refusal).toMatchObject({ status: 503, cause });
      expect((refusal as Refusal).progress()).toEqual({
        appId: "demo",
        scheme: "lacre1",
        canonicalRequest: "text",
        cause,
      });
    });
  });
});

/*
 * Every way to send one request twice, in quarters of a second: for each window, for each pair of verifiers whose
 * clocks differ from the store's by up to the spread, for each moment of the first and of the second attempt.
 */
describe("how long a nonce is remembered", () => {
  const TICK_MS = 250;
  const SMALL = 40; // the timestamp; small, so that the whole model is small

  async function replays(
    window: Window,
    lifetime: (expiresAtMs: number, nowMs: number) => number,
  ): Promise<number> {
    const { maxAgeSeconds: age, futureSkewSeconds: skew, clockSpreadSeconds: spread } = window;
    const fromMs = (SMALL - skew - spread - 1) * 1000;
    const toMs = (SMALL + age + spread + 2) * 1000;
    // The spread divides into any two clocks: the store's is the reference, the verifiers' are ahead or behind.
    const offsetsMs = spread === 0 ? [0] : [-spread * 1000, 0, spread * 1000];
    const routed = routedAt(SMALL);
    let accepted = 0;
    for (const offset1 of offsetsMs) {
      for (const offset2 of offsetsMs) {
        if (Math.abs(offset1 - offset2) > spread * 1000) continue;
        for (let t1 = fromMs; t1 <= toMs; t1 += TICK_MS) {
          const time = { ms: t1 };
          let forgetAtMs = -Infinity;
          const store: NonceStore = {
            claim(_key, expiresAtMs) {
              if (time.ms < forgetAtMs) return "seen";
              forgetAtMs = lifetime(expiresAtMs, time.ms);
              return "fresh";
            },
          };
          const attempt = (offset: number): Promise<string> =>
            codeOf(
              judged(routed, {
                window: window,
                once: false,
                nonces: store,
                nowMs: time.ms + offset,
              }),
            );
          if ((await attempt(offset1)) !== "fresh") continue;
          const remembered = forgetAtMs;
          for (let t2 = t1; t2 <= toMs; t2 += TICK_MS) {
            time.ms = t2;
            if ((await attempt(offset2)) === "fresh") accepted++;
            forgetAtMs = remembered;
          }
        }
      }
    }
    return accepted;
  }

  const windows: [number, number, number][] = [];
  for (const age of [0, 1, 3])
    for (const skew of [0, 1, 3]) for (const spread of [0, 1, 2]) windows.push([age, skew, spread]);

  it.each(windows)(
    "maxAge %s, futureSkew %s, clockSpread %s: no replay, and some when it is a tick shorter",
    async (maxAgeSeconds, futureSkewSeconds, clockSpreadSeconds) => {
      const window: Window = { maxAgeSeconds, futureSkewSeconds, clockSpreadSeconds };
      expect(await replays(window, (expiresAtMs) => expiresAtMs)).toBe(0);
      expect(await replays(window, (expiresAtMs) => expiresAtMs - TICK_MS)).toBeGreaterThan(0);
      // A whole unit of the window shorter, which is the formula without its resolution.
      expect(await replays(window, (expiresAtMs) => expiresAtMs - 1000)).toBeGreaterThan(0);
    },
  );

  /*
   * The same by arithmetic alone, with the unit of the comparison as one more dimension: all in ticks, for each
   * timestamp of a few, each two uses, each two clocks. Returns how many second uses are accepted.
   */
  function replaysInTicks(
    [age, skew, spread, unit]: readonly [number, number, number, number],
    shorterBy: number,
  ): number {
    let accepted = 0;
    for (let stamp = 0; stamp < 3; stamp++) {
      const accepts = (now: number): boolean => {
        const units = Math.floor(now / unit);
        return stamp - skew <= units && units <= stamp + age;
      };
      const forgetAt = (stamp + age) * unit + unit + spread - shorterBy;
      const from = (stamp - skew) * unit - spread - 1;
      const to = (stamp + age + 1) * unit + spread + 1;
      for (const offset1 of new Set([-spread, 0, spread]))
        for (const offset2 of new Set([-spread, 0, spread]))
          for (let first = from; first <= to; first++) {
            if (!accepts(first + offset1)) continue;
            for (let second = first; second <= to; second++)
              if (accepts(second + offset2) && (second >= forgetAt || first >= forgetAt))
                accepted++;
          }
    }
    return accepted;
  }

  it("holds whatever the unit of the comparison, and is short of a replay by one tick", () => {
    let models = 0;
    for (let age = 0; age <= 4; age++)
      for (let skew = 0; skew <= 4; skew++)
        for (let spread = 0; spread <= 3; spread++)
          for (let unit = 1; unit <= 4; unit++) {
            const model = [age, skew, spread, unit] as const;
            expect([model, replaysInTicks(model, 0)]).toEqual([model, 0]);
            expect([model, replaysInTicks(model, 1) > 0]).toEqual([model, true]);
            models++;
          }
    expect(models).toBe(5 * 5 * 4 * 4);
  });

  it("is what the code computes for whole seconds", () => {
    for (let age = 0; age <= 4; age++)
      for (let spread = 0; spread <= 3; spread++)
        for (const stamp of [0, 1, SMALL, T])
          expect(
            rememberUntilMs(
              { timestampSeconds: stamp },
              { maxAgeSeconds: age, futureSkewSeconds: 4, clockSpreadSeconds: spread },
            ),
          ).toBe((stamp + age) * 1000 + 1000 + spread * 1000);
  });

  it("the constant lifetime of the specification is safe, and maxAge + futureSkew is not", async () => {
    const window: Window = { maxAgeSeconds: 3, futureSkewSeconds: 2, clockSpreadSeconds: 0 };
    expect(await replays(window, (_expiresAtMs, nowMs) => nowMs + (3 + 2 + 1) * 1000)).toBe(0);
    expect(await replays(window, (_expiresAtMs, nowMs) => nowMs + (3 + 2) * 1000)).toBeGreaterThan(
      0,
    );
    expect(await replays(window, (_expiresAtMs, nowMs) => nowMs + 3 * 1000)).toBeGreaterThan(0);
  });

  it("the memory store keeps what the formula asks for", async () => {
    for (const [maxAgeSeconds, futureSkewSeconds] of [
      [0, 0],
      [3, 1],
      [2, 3],
    ] as const) {
      const window: Window = { maxAgeSeconds, futureSkewSeconds, clockSpreadSeconds: 0 };
      for (let t1 = 34_000; t1 < 46_000; t1 += TICK_MS) {
        const clock = { ms: t1, nowMs: () => clock.ms };
        const store = new MemoryNonceStore({ clock, fence: false });
        let accepted = 0;
        for (; clock.ms < 48_000; clock.ms += TICK_MS)
          if (
            (await codeOf(
              judged(routedAt(SMALL), {
                window: window,
                once: false,
                nonces: store,
                nowMs: clock.nowMs(),
              }),
            )) === "fresh"
          )
            accepted++;
        expect(accepted).toBeLessThanOrEqual(1);
      }
    }
  });
});
