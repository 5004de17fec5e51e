import { describe, expect, it } from "@jest/globals";
import { HeaderLines } from "./header-lines.js";

const of = (...lines: [string, string][]): HeaderLines => HeaderLines.fromEntries(lines);

describe("HeaderLines", () => {
  it("counts every line, whatever the case of its name", () => {
    const lines = HeaderLines.fromRaw(["X-A", "1", "x-b", "2", "x-A", "3", "X-a", "1"]);
    expect(lines.isRepeated("x-a")).toBe(true);
    expect(lines.all("x-a")).toEqual(["1", "3", "1"]);
    expect(lines.only("x-a")).toBeUndefined();
    expect(lines.only("x-b")).toBe("2");
    expect([...lines.names()]).toEqual(["x-a", "x-b"]);
  });

  it("keeps two equal lines apart", () => {
    const lines = of(["host", "a"], ["Host", "a"]);
    expect(lines.isRepeated("host")).toBe(true);
    expect(lines.only("host")).toBeUndefined();
    expect(lines.has("host")).toBe(true);
  });

  it("has nothing for a name that does not occur", () => {
    const lines = of(["a", "1"]);
    expect([lines.isRepeated("b"), lines.has("b"), lines.only("b"), lines.all("b")]).toEqual([
      false,
      false,
      undefined,
      [],
    ]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%s is a name like any other",
    (name) => {
      expect(of().has(name.toLowerCase())).toBe(false);
      expect(of().all(name.toLowerCase())).toEqual([]);
      expect(of([name, "x"]).only(name.toLowerCase())).toBe("x");
      expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    },
  );

  it("takes SP and HTAB off the ends of a value and nothing else", () => {
    expect(of(["a", " \t x \t y\t "]).only("a")).toBe("x \t y");
    expect(of(["a", " \t "]).only("a")).toBe("");
    for (const kept of ["\u00a0", "\u0085", "\f", "\v", "\r", "\n", "\0", "\ufeff"])
      expect(of(["a", `${kept}x${kept}`]).only("a")).toBe(`${kept}x${kept}`);
  });

  it("knows a twin: a name that equals another once _ is read as -", () => {
    const lines = of(["X_Role", "admin"], ["x-user_id", "1"], ["x-plain", "1"]);
    expect(lines.hasTwin("x-role")).toBe(true);
    expect(lines.hasTwin("x-user-id")).toBe(true);
    expect(lines.hasTwin("x-plain")).toBe(false);
    expect(lines.hasTwin("x_role")).toBe(false);
    expect(lines.has("x-role")).toBe(false);
  });

  it("answers the same of many lines as of few", () => {
    const few: [string, string][] = [
      ["A", "1"],
      ["b", "2"],
      ["a", "3"],
      ["c_d", "4"],
      ["constructor", "5"],
    ];
    const answersOf = (lines: HeaderLines) =>
      ["a", "b", "c-d", "c_d", "constructor", "__proto__", "z"].map((name) => ({
        name,
        has: lines.has(name),
        isRepeated: lines.isRepeated(name),
        only: lines.only(name),
        all: lines.all(name),
        hasTwin: lines.hasTwin(name),
      }));
    const others = Array.from({ length: 2000 }, (_, i): [string, string] => [`x${i}`, ""]);
    expect(answersOf(of(...few, ...others))).toEqual(answersOf(of(...few)));
    expect(answersOf(of(...others, ...few))).toEqual(answersOf(of(...few)));
    expect(
      of(...others, ["a", "1"])
        .with("a", "2")
        .all("a"),
    ).toEqual(["2"]);
  });

  it("is read once by each reader, which may throw", () => {
    let count = 0;
    const reader = (lines: HeaderLines): string | undefined => {
      count++;
      return lines.only("a");
    };
    const failing = (): never => {
      count++;
      throw new Error("no");
    };
    const lines = of(["a", "1"]);
    expect([lines.readOnce(reader), lines.readOnce(reader), count]).toEqual(["1", "1", 1]);
    expect(lines.with("a", "2").readOnce(reader)).toBe("2");
    expect(lines.readOnce((same) => same.only("a"))).toBe("1");
    for (const before of [2, 3]) {
      expect(count).toBe(before);
      expect(() => lines.readOnce(failing)).toThrow("no");
    }
  });

  it("leaves out HTTP/2's pseudo-headers", () => {
    const lines = HeaderLines.fromRaw([":authority", "a", ":path", "/", "x", "1"]);
    expect([...lines.names()]).toEqual(["x"]);
  });

  it("ignores a name at the end that has no value", () => {
    expect([...HeaderLines.fromRaw(["a", "1", "b"]).names()]).toEqual(["a"]);
  });

  it("reads arrays of pairs, Headers and Maps", () => {
    const pairs: [string, string][] = [["X-A", "1"]];
    for (const entries of [pairs, new Headers(pairs), new Map(pairs)])
      expect(HeaderLines.fromEntries(entries).only("x-a")).toBe("1");
  });

  describe("with", () => {
    it("puts one line in the place of all of its name, and keeps the others", () => {
      const before = of(["a", "1"], ["b", "2"], ["a", "3"], ["c_d", "4"], ["b", "5"]);
      const after = before.with("a", " 6 ");
      expect(after.all("a")).toEqual(["6"]);
      expect(after.all("b")).toEqual(["2", "5"]);
      expect(after.hasTwin("c-d")).toBe(true);
      expect(before.all("a")).toEqual(["1", "3"]);
    });

    it("adds a line that was not there", () => {
      expect(of(["a", "1"]).with("b", "2").only("b")).toBe("2");
    });
  });
});
