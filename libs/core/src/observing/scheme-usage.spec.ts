import { describe, expect, it } from "@jest/globals";
import type { Verdict } from "../ports/observer.js";
import { schemeUsage } from "./scheme-usage.js";

const accepted = (appId: string, scheme: string, timestamp: number): Verdict =>
  ({ outcome: "accepted", principal: { appId, scheme, timestamp } }) as Verdict;

describe("schemeUsage", () => {
  it("counts what was let in, by app and scheme", () => {
    const usage = schemeUsage();
    usage.observe(accepted("shop", "lacre1", 1_700_000_000));
    usage.observe(accepted("orders", "aspnet-hmac", 1_700_000_005));
    usage.observe(accepted("orders", "lacre1", 1_700_000_006));
    usage.observe(accepted("orders", "aspnet-hmac", 1_700_000_004));
    usage.observe({
      outcome: "refused",
      code: "signature-mismatch",
      status: 401,
      message: "",
      appId: "forged",
      scheme: "aspnet-hmac",
      proven: false,
      method: "GET",
      requestId: "1",
      durationMs: 1,
    });
    const old = {
      appId: "orders",
      scheme: "aspnet-hmac",
      requests: 2,
      lastTimestamp: 1_700_000_005,
    };
    expect(usage.report("aspnet-hmac")).toEqual([old]);
    expect(usage.report()).toEqual([
      old,
      { appId: "orders", scheme: "lacre1", requests: 1, lastTimestamp: 1_700_000_006 },
      { appId: "shop", scheme: "lacre1", requests: 1, lastTimestamp: 1_700_000_000 },
    ]);
    expect(usage.report("hawk")).toEqual([]);
  });
});
