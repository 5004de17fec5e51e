import { describe, expect, it } from "@jest/globals";
import type { Refusal } from "./errors.js";
import type { Intact } from "./flow.js";
import { checkRoute, windowOf, type RoutePolicy } from "./route-policy.js";

const ROUTE: RoutePolicy = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
const intact = {
  claims: { scheme: "lacre1", appId: "demo", signedHeaders: ["content-type", "host", "x-tenant"] },
  canonicalRequest: "text",
} as unknown as Intact;

function verdict(route: Partial<RoutePolicy>): unknown {
  try {
    return checkRoute(intact, { ...ROUTE, ...route });
  } catch (error) {
    expect((error as Refusal).progress()).toMatchObject({
      appId: "demo",
      canonicalRequest: "text",
    });
    return (error as Refusal).message;
  }
}

describe("checkRoute", () => {
  it.each<[string, Partial<RoutePolicy>, unknown]>([
    ["its scheme", {}, intact],
    ["its scheme among others", { schemes: ["aws-sigv4", "lacre1"] }, intact],
    ["another scheme", { schemes: ["aws-sigv4"] }, "scheme-refused: lacre1"],
    ["no scheme at all", { schemes: [] }, "scheme-refused: lacre1"],
    ["a name that begins alike", { schemes: ["lacre"] }, "scheme-refused: lacre1"],
    ["headers that are signed", { signedHeaders: ["x-tenant", "host"] }, intact],
    // HL03
    ["a header that is not", { signedHeaders: ["host", "x-role"] }, "header-unsigned: x-role"],
    [
      "a name from Object.prototype",
      { signedHeaders: ["constructor"] },
      "header-unsigned: constructor",
    ],
  ])("a route that takes %s", (_what, route, expected) => {
    expect(verdict(route)).toBe(expected);
  });
});

describe("windowOf", () => {
  const window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
  const custom = { maxAgeSeconds: 900, futureSkewSeconds: 900 };

  it("is the server's, but for the scheme's custom and the route's own age", () => {
    expect(windowOf(ROUTE, undefined, window)).toBe(window);
    for (const maxAgeSeconds of [60, 0])
      expect(windowOf({ ...ROUTE, maxAgeSeconds }, undefined, window)).toEqual({
        ...window,
        maxAgeSeconds,
      });
    expect(windowOf(ROUTE, custom, window)).toEqual({ ...custom, clockSpreadSeconds: 25 });
    expect(windowOf({ ...ROUTE, maxAgeSeconds: 60 }, custom, window)).toEqual({
      maxAgeSeconds: 60,
      futureSkewSeconds: 900,
      clockSpreadSeconds: 25,
    });
  });
});
