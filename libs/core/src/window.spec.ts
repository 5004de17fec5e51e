import { describe, expect, it } from "@jest/globals";
import { readSchemeWindow } from "./window.js";

describe("the window of a scheme", () => {
  it("is its own service's, unless said otherwise", () => {
    expect(readSchemeWindow({}, 900, "s")).toEqual({ maxAgeSeconds: 900 });
    expect(readSchemeWindow({ maxAgeSeconds: 60, futureSkewSeconds: 0 }, 900, "s")).toEqual({
      maxAgeSeconds: 60,
      futureSkewSeconds: 0,
    });
  });

  it.each([
    [{ maxAgeSeconds: 0 }, "s.maxAgeSeconds: will not do. Give whole seconds from 1 to 86400."],
    [{ maxAgeSeconds: 86_401 }, "s.maxAgeSeconds"],
    [{ maxAgeSeconds: 1.5 }, "s.maxAgeSeconds"],
    [{ maxAgeSeconds: "900" as never }, "s.maxAgeSeconds"],
    [{ futureSkewSeconds: -1 }, "s.futureSkewSeconds: will not do. Give whole seconds from 0"],
    [{ futureSkewSeconds: NaN }, "s.futureSkewSeconds"],
  ])("is not %j", (options, message) => {
    expect(() => readSchemeWindow(options, 900, "s")).toThrow(message);
  });
});
