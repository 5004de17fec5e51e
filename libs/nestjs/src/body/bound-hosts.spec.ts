import { describe, expect, it } from "@jest/globals";
import { takesHost } from "./bound-hosts.js";

describe("the hosts of a controller", () => {
  it.each<[unknown, string, boolean | undefined]>([
    [undefined, "a.test", true],
    ["", "a.test", true],
    ["a.test", "a.test", true],
    ["A.test", "a.TEST", true],
    ["a.test", "b.test", false],
    ["a.test", "x.a.test", false],
    ["a.test", "axtest", false],
    ["a.test", "", false],
    [":tenant.test", "a.test", true],
    [":tenant.test", ".test", undefined],
    [":tenant.test", "a/b.test", undefined],
    [":tenant.test", "a.b.test", undefined],
    [":tenant.test", "a.other", undefined],
    [["a.test", "b.test"], "b.test", true],
    [["a.test", "b.test"], "c.test", false],
    [["a.test", "{www.}b.test"], "c.test", undefined],
    [[], "a.test", false],
    [/^a\./, "a.test", true],
    [/^a\./g, "b.test", false],
    [/^a\./y, "a.test", undefined],
    ["{www.}a.test", "a.test", undefined],
    ["*rest", "a.test", undefined],
    [7, "a.test", undefined],
  ])("%p and %s: %p", (bound, name, takes) => expect(takesHost(bound, name)).toBe(takes));
});
