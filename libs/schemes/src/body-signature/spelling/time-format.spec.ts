import { describe, expect, it } from "@jest/globals";
import { TIME_SPELLINGS, type TimeFormat } from "./time-format.js";

describe("a time", () => {
  it.each<[TimeFormat, string, number | undefined]>([
    ["seconds", "1700000000", 1_700_000_000],
    ["seconds", "9999999999", 9_999_999_999],
    ["seconds", "170000000", undefined],
    ["seconds", "0700000000", undefined],
    ["seconds", "17000000000", undefined],
    ["seconds", "1700000000\n", undefined],
    ["seconds", "+170000000", undefined],
    ["seconds", "1700000000.0", undefined],
    ["seconds", "1.70000e+9", undefined],
    ["seconds", "", undefined],
    ["milliseconds", "1700000000999", 1_700_000_000],
    ["milliseconds", "1700000000", undefined],
    ["milliseconds", "0170000000099", undefined],
    ["unix", "1700000000", 1_700_000_000],
    ["unix", "1700000000999", 1_700_000_000],
    ["unix", "17000000009", undefined],
    ["unix", "170000000099", undefined],
    ["unix", "0170000000099", undefined],
    ["iso", "2023-11-14T22:13:20Z", 1_700_000_000],
    ["iso", "2023-11-14T22:13:20.634234626Z", 1_700_000_000],
    ["iso", "2023-11-14T14:13:20-08:00", 1_700_000_000],
    ["iso", "2023-11-15T03:43:20.5+05:30", 1_700_000_000],
    ["iso", "2024-02-29T00:00:00Z", 1_709_164_800],
    ["iso", "2023-02-29T00:00:00Z", undefined],
    ["iso", "2023-02-31T00:00:00Z", undefined],
    ["iso", "2023-13-01T00:00:00Z", undefined],
    ["iso", "2023-11-14T24:00:00Z", undefined],
    ["iso", "2023-11-14T22:13:60Z", undefined],
    ["iso", "2023-11-14t22:13:20z", undefined],
    ["iso", "2023-11-14 22:13:20Z", undefined],
    ["iso", "2023-11-14T22:13:20", undefined],
    ["iso", "2023-11-14T22:13:20.Z", undefined],
    ["iso", "2023-11-14T22:13:20.1234567890Z", undefined],
    ["iso", "2023-11-14T22:13:20+0100", undefined],
    ["iso", "2023-11-14T22:13:20+24:00", undefined],
    ["iso", "1969-12-31T23:59:59Z", undefined],
    ["iso", "+002023-11-14T22:13:20Z", undefined],
    ["iso", "2023-11-14", undefined],
  ])("%s: %j", (format, text, seconds) => expect(TIME_SPELLINGS[format].parse(text)).toBe(seconds));

  it.each<[TimeFormat, string]>([
    ["seconds", "1700000000"],
    ["milliseconds", "1700000000000"],
    ["unix", "1700000000"],
    ["iso", "2023-11-14T22:13:20Z"],
  ])("is written as %s", (format, text) =>
    expect(TIME_SPELLINGS[format].write(1_700_000_000)).toBe(text),
  );
});
