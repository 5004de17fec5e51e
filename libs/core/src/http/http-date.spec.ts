import { describe, expect, it } from "@jest/globals";
import { formatHttpDate, parseHttpDate } from "./http-date.js";

describe("HTTP dates", () => {
  it("reads and writes the date of RFC 9110 §5.6.7", () => {
    expect(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", "date")).toBe(784_111_777);
    expect(formatHttpDate(784_111_777)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });

  it.each([
    ["", "nothing"],
    ["Sunday, 06-Nov-94 08:49:37 GMT", "the form of RFC 850"],
    ["Sun Nov  6 08:49:37 1994", "the form of asctime"],
    ["Mon, 06 Nov 1994 08:49:37 GMT", "the wrong day of the week"],
    ["Sun, 6 Nov 1994 08:49:37 GMT", "a day of one digit"],
    ["Sun, 06 nov 1994 08:49:37 GMT", "another case"],
    ["Sun, 06 Nov 1994 08:49:37 UTC", "another name of the zone"],
    ["Sun, 06 Nov 1994 09:49:37 +01", "another zone"],
    ["Sun, 06 Nov 1994 08:49:60 GMT", "a leap second"],
    ["Thu, 31 Feb 2033 08:49:37 GMT", "a day that is none"],
    ["Thu, 01 Jan 1970 00:00:00 GMT", "the beginning of time"],
    ["Sat, 06 Nov 1920 08:49:37 GMT", "a time before it"],
    ["784111777", "seconds"],
    ["1994-11-06T08:49:37.000+00:00", "another form of the same length"],
    ["Sun, 06 Nov 1994 08:49:37 GMT ", "a blank after it"],
    ["Sun, 06 Nov 1994 08:49:37 GMT(a comment)", "a comment after it"],
  ])("refuses %j: %s", (text) => {
    expect(() => parseHttpDate(text, "x-ms-date")).toThrow("timestamp-malformed: x-ms-date");
  });
});
