import { describe, expect, it } from "@jest/globals";
import type { Scheme } from "../scheme/scheme.js";
import type { RoutePolicy } from "./route-policy.js";
import { horizonOf, windowOf } from "./route-window.js";

const ROUTE: RoutePolicy = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };

describe("windowOf", () => {
  const window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
  const custom = { maxAgeSeconds: 900, futureSkewSeconds: 900 };

  it("is the server's, but for the scheme's custom and the route's own age", () => {
    expect(windowOf(ROUTE, {}, window)).toBe(window);
    for (const maxAgeSeconds of [60, 0])
      expect(windowOf({ ...ROUTE, maxAgeSeconds }, {}, window)).toEqual({
        ...window,
        maxAgeSeconds,
      });
    expect(windowOf(ROUTE, { window: custom }, window)).toEqual({
      ...custom,
      clockSpreadSeconds: 25,
    });
    expect(windowOf({ ...ROUTE, maxAgeSeconds: 60 }, { window: custom }, window)).toEqual({
      maxAgeSeconds: 60,
      futureSkewSeconds: 900,
      clockSpreadSeconds: 25,
    });
  });
});

describe("horizonOf", () => {
  const window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
  const scheme = (custom?: Scheme["window"]) => ({ name: "lacre1", window: custom }) as Scheme;
  const routes = (...ages: (number | undefined)[]): RoutePolicy[] =>
    ages.map((age) => ({ ...ROUTE, ...(age !== undefined && { maxAgeSeconds: age }) }));

  it.each([
    [undefined, routes(), 300],
    [undefined, routes(10, 20), 300], // a route without an age of its own may come any time
    [undefined, routes(10, 900), 900],
    [{ maxAgeSeconds: 86_400 }, routes(60), 86_400],
    [{ maxAgeSeconds: 60 }, routes(undefined), 60],
    [{ maxAgeSeconds: 60 }, routes(61), 61],
    [undefined, [{ ...ROUTE, schemes: ["other"], maxAgeSeconds: 900 }], 300],
  ])("of a scheme's custom %j and routes %j is %s s", (custom, rules, seconds) => {
    expect(horizonOf(scheme(custom), rules, window)).toBe(seconds);
  });
});
