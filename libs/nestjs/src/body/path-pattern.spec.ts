import { describe, expect, it } from "@jest/globals";
import { matchesPattern } from "./path-pattern.js";

describe("a pattern of a route", () => {
  it.each([
    ["/hooks/meta", "/hooks/meta"],
    ["/hooks/:tenant/meta", "/hooks/7/meta"],
    ["/hooks/*", "/hooks/a/b"],
    ["/*", "/a"],
    ["/", "/"],
  ])("%s takes %s", (pattern, path) => {
    expect(matchesPattern(pattern, path)).toBe(true);
  });

  it.each([
    ["/hooks/meta", "/hooks/meta/"],
    ["/hooks/meta", "/hooks/Meta"],
    ["/hooks/meta", "/hooks//meta"],
    ["/hooks/meta", "/hooks/meta/x"],
    ["/hooks/:tenant/meta", "/hooks//meta"],
    ["/hooks/:tenant/meta", "/hooks/a/b/meta"],
    ["/hooks/*", "/hooks"],
    ["/hooks/:id(^\\d+$)", "/hooks/7"],
    ["/hooks/:a-:b", "/hooks/1-2"],
    ["/hooks/:a?", "/hooks/1"],
  ])("%s does not take %s", (pattern, path) => {
    expect(matchesPattern(pattern, path)).toBe(false);
  });
});
