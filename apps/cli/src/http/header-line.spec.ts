import { describe, expect, it } from "@jest/globals";
import { readHeaderLine } from "./header-line.js";

describe("a header as it is typed", () => {
  it.each([
    ["X-A: b", "X-A", ":", "b"],
    ["X-A:\t b c \t", "X-A", ":", "b c"],
    ["X-A:", "X-A", ":", ""],
    ["X-A;", "X-A", ";", ""],
    ["X-A: b;c:d\te", "X-A", ":", "b;c:d\te"],
  ])("%j", (text, name, separator, value) => {
    expect(readHeaderLine(text)).toEqual({ name, separator, value });
  });

  it.each(["", "X-A", ":b", "X A: b", "X-A : b", "X-A;b", "X-A: b\r\nX-B: c", "X-A: \0", "é: b"])(
    "%j is refused",
    (text) => {
      expect(() => readHeaderLine(text)).toThrow("Write it as 'Name: value'");
    },
  );
});
