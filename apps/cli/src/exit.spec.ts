import { describe, expect, it } from "@jest/globals";
import { withoutKeys } from "./exit.js";

describe("a message", () => {
  it.each([
    ["unknown option '--apikey=secret'", "unknown option '--apikey=…'"],
    ["unknown option '--API-KEY-X=secret'", "unknown option '--API-KEY-X=…'"],
    ["not a URL: lk1_AAEC-_w", "not a URL: lk1_…"],
    ["Give --key-file FILE", "Give --key-file FILE"],
  ])("loses its keys: %s", (message, expected) => {
    expect(withoutKeys(message)).toBe(expected);
  });
});
