import { describe, expect, it } from "@jest/globals";
import { isoSecond, parseUtc } from "./utc.js";

describe("parseUtc", () => {
  it.each([
    ["2015-08-30T12:36:00Z", 1_440_938_160_000],
    ["2028-02-29T23:59:59Z", 1_835_481_599_000],
    ["1970-01-01T00:00:01Z", 1_000],
  ])("reads %s", (text, ms) => {
    expect(parseUtc(text, isoSecond)).toBe(ms); // date -u -d … +%s
  });

  it.each([
    "2026-02-31T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "1 January 2026",
    "+275761-01-01T00:00:00Z",
    "Z",
    "",
  ])("refuses %j", (text) => {
    expect(parseUtc(text, isoSecond)).toBeNaN();
  });

  it("goes by the form that is asked for", () => {
    const rfc9110 = (date: Date) => date.toUTCString();
    expect(parseUtc("Sun, 06 Nov 1994 08:49:37 GMT", rfc9110)).toBe(784_111_777_000);
    expect(parseUtc("Mon, 06 Nov 1994 08:49:37 GMT", rfc9110)).toBeNaN();
    expect(parseUtc("Tue, 31 Feb 2026 00:00:00 GMT", rfc9110)).toBeNaN();
  });
});
