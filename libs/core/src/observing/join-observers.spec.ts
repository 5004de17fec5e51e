import { describe, expect, it } from "@jest/globals";
import type { ClaimMeasured, Observer, Verdict } from "../ports/observer.js";
import { callObserver } from "../ports/call-observer.js";
import { joinObservers } from "./join-observers.js";

const VERDICT = { outcome: "refused", code: "nonce-seen", canonicalRequest: "secret?" } as Verdict;
const CLAIM: ClaimMeasured = { outcome: "fresh", durationMs: 1 };

/** What an observer did wrong, as a gate hears of it. */
async function faultsOf(observer: Observer): Promise<unknown[]> {
  const faults: unknown[] = [];
  callObserver(
    () => observer.observe(VERDICT),
    (error) => faults.push(error),
  );
  await new Promise(setImmediate); // an unhandled rejection would fail the run
  return faults;
}

describe("joinObservers", () => {
  it("tells each of them everything, as its method", () => {
    class Counter implements Observer {
      told: unknown[] = [];
      observe(verdict: Verdict): void {
        this.told.push(verdict.outcome);
      }
      observeClaim(claim: ClaimMeasured): void {
        this.told.push(claim.outcome);
      }
    }
    const [one, other] = [new Counter(), new Counter()];
    const all = joinObservers(one, { observe: () => undefined }, other);
    all.observeClaim?.(CLAIM);
    all.observe(VERDICT);
    expect([one.told, other.told]).toEqual([
      ["fresh", "refused"],
      ["fresh", "refused"],
    ]);
  });

  it("measures nothing where nobody wants it", () => {
    expect(joinObservers({ observe: () => undefined }).observeClaim).toBeUndefined();
  });

  it("gives the text of canonical requests to nobody who has not asked for it", () => {
    const told: Verdict[][] = [[], []];
    const all = joinObservers(
      { observe: (verdict) => void told[0]?.push(verdict) },
      { canonicalRequests: true, observe: (verdict) => void told[1]?.push(verdict) },
    );
    expect(all.canonicalRequests).toBe(true);
    all.observe(VERDICT);
    expect(JSON.stringify(told[0])).not.toContain("secret?");
    expect(told[1]).toEqual([VERDICT]);
    expect(joinObservers({ observe: () => undefined }).canonicalRequests).toBe(false);
  });

  it("tells the others when one throws or rejects, and passes on what the first did", async () => {
    const told: string[] = [];
    const good = { observe: () => void told.push("told") };
    const throwing = (what: string): Observer => ({
      observe: () => {
        throw new Error(what);
      },
    });
    const rejecting = (what: string): Observer => ({
      observe: () => Promise.reject(new Error(what)) as unknown as void,
    });
    expect(
      await faultsOf(joinObservers(throwing("a"), rejecting("b"), throwing("c"), good)),
    ).toEqual([new Error("a")]);
    expect(await faultsOf(joinObservers(rejecting("d"), good, rejecting("e")))).toEqual([
      new Error("d"),
    ]);
    expect(told).toEqual(["told", "told"]);
  });
});
