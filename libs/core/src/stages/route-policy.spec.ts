import { describe, expect, it } from "@jest/globals";
import type { Refusal } from "../errors.js";
import type { Intact } from "../flow.js";
import { checkRoute, type RoutePolicy } from "./route-policy.js";

const ROUTE: RoutePolicy = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
const intact = {
  scheme: { name: "lacre1" },
  claims: { appId: "demo", signedHeaders: ["content-type", "host", "x-tenant"] },
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
