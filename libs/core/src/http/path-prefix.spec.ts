import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "../errors.js";
import { readPathPrefix } from "./path-prefix.js";

describe("readPathPrefix", () => {
  it.each([
    [undefined, ""],
    ["", ""],
    ["/api", "/api"],
    ["/a/b%2F", "/a/b%2F"],
  ])("takes %j", (given, read) => expect(readPathPrefix(given)).toBe(read));

  it.each(["api", "/", "/api/", "/a?b", "/a#b", "/a b", "/é", "/a\n", 7, null, {}, ["/api"]])(
    "refuses %j",
    (prefix) => {
      const attempt = (): string => readPathPrefix(prefix);
      expect(attempt).toThrow(ConfigurationError);
      expect(attempt).toThrow(/^pathPrefix: .*"\/api"/);
    },
  );
});
