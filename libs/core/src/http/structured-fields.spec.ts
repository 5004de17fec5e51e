import { describe, expect, it } from "@jest/globals";
import { cpuMsOf } from "../../../../test/support/cpu-ms.js";
import {
  parseDictionary,
  parseItem,
  parseList,
  serialiseDictionary,
  serialiseList,
  serialiseMember,
} from "./structured-fields.js";

const dictionary = (text: string, strictness: "as-sent" | "one-spelling" = "as-sent") => {
  const parsed = parseDictionary(text, strictness);
  return parsed && serialiseDictionary(parsed);
};
const list = (text: string) => {
  const parsed = parseList(text, "as-sent");
  return parsed && serialiseList(parsed);
};
const item = (text: string) => {
  const parsed = parseItem(text, "as-sent");
  return parsed && serialiseMember(parsed);
};

// The cases are those of httpwg/structured-field-tests and of RFC 9651; all of that suite runs in the conformance tests.
describe("structured fields: what is written anew", () => {
  it.each([
    ['en="Applepie", da=:w4ZibGV0w6ZydGUK:', 'en="Applepie", da=:w4ZibGV0w6ZydGUK:'],
    ["a=1 ,  b=2", "a=1, b=2"],
    ["a=1\t,\tb=2", "a=1, b=2"],
    ["a=1, b=?1;foo=9, c=3", "a=1, b;foo=9, c=3"],
    ["a=(1 2); q=1.0", "a=(1 2);q=1.0"],
    ["a=1,b=2,a=3", "a=3, b=2"],
    ["", ""],
    ["  a=(  b   c ),   d  ", "a=(b c), d"],
    // RFC 9421 §2.1.1
    ["  a=1,    b=2;x=1;y=2,   c=(a   b   c)", "a=1, b=2;x=1;y=2, c=(a b c)"],
  ])("dictionary %j", (text, canonical) => {
    expect(dictionary(text)).toBe(canonical);
  });

  it.each([
    ['"foo", "bar", "It was the best of times."', '"foo", "bar", "It was the best of times."'],
    ['("foo" "bar"), ("baz"), ("bat" "one"), ()', '("foo" "bar"), ("baz"), ("bat" "one"), ()'],
    ["(1),(),(42)", "(1), (), (42)"],
  ])("list %j", (text, canonical) => {
    expect(list(text)).toBe(canonical);
  });

  it.each([
    ['2; foourl="https://foo.example.com/"', '2;foourl="https://foo.example.com/"'],
    ['"foo \\"bar\\" \\\\ baz"', '"foo \\"bar\\" \\\\ baz"'],
    ["a_b-c.d3:f%00/*", "a_b-c.d3:f%00/*"],
    ["042", "42"],
    ["-0", "0"],
    ["1.50", "1.5"],
    ["1.0", "1.0"],
    ["999999999999.999", "999999999999.999"],
    ["-999999999999999", "-999999999999999"],
    ["@1659578233", "@1659578233"],
    ["?0", "?0"],
    ["::", "::"],
  ])("item %j", (text, canonical) => {
    expect(item(text)).toBe(canonical);
  });
});

describe("structured fields: what is none", () => {
  it.each([
    "a=1, b=2,",
    "a=1,,b=2",
    "a =1",
    "a= 1",
    "A=1",
    "1b=2",
    "a=b;q =0.5",
    "a=b ;q=0.5",
    "a=1 b=2",
    "a=(1 2",
    "a=(1\t2)",
    "a=(1)2",
    'a="é"',
    "__proto__",
  ])("dictionary %j", (text) => {
    expect(dictionary(text)).toBeUndefined();
  });

  it.each([
    "",
    "1 \t ",
    "\t1",
    "--0",
    "1000000000000000",
    "1000000000000.1",
    "1.",
    "1.1234",
    "1.5.6",
    "2,3",
    "?2",
    "? 1",
    '"a',
    '"a\\',
    '"a\\,"',
    '"\t"',
    "'a'",
    ":aGVsbG8:", // the padding is missing
    ":iZ==:", // stray bits
    ":_-Ah:",
    ":a GVs:",
    ":",
    "@1.5",
    "@",
    '%"display"',
    "é",
  ])("item %j", (text) => {
    expect(item(text)).toBeUndefined();
  });
});

describe("structured fields in one spelling", () => {
  it.each(["a=1, a=1", "a, a=?0", "a=b;x;x", "a=(b;x=1;x=2)", "a=01", "a=-0", "a=1.50", "a=@01"])(
    "refuses %j",
    (text) => {
      expect(dictionary(text)).toBeDefined();
      expect(dictionary(text, "one-spelling")).toBeUndefined();
    },
  );

  it.each(["a=1, b=-1", "a=1.5;x=0.001", "a=(b;x;y);x=@1"])("takes %j", (text) => {
    expect(dictionary(text, "one-spelling")).toBe(text);
  });
});

const many = (count: number, separator: string, partOf: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => partOf(i)).join(separator);

describe("structured fields, at length", () => {
  it.each<[string, (count: number) => string]>([
    ["members of a dictionary", (count) => many(count, ",", (i) => `a${i}`)],
    ["members with values", (count) => many(count, ",", (i) => `a${i}=1`)],
    ["members with parameters", (count) => many(count / 2, ",", (i) => `a${i};b=2`)],
    ["inner lists", (count) => many(count, ",", (i) => `a${i}=()`)],
    ["items of an inner list", (count) => `a=(${many(count - 1, " ", () => "1")})`],
    ["parameters of an item", (count) => `a;${many(count - 1, ";", (i) => `b${i}`)}`],
    ["parameters of an inner list", (count) => `a=();${many(count - 1, ";", (i) => `b${i}`)}`],
  ])("takes 1024 parts and no more: %s", (_what, textOf) => {
    expect(dictionary(textOf(1024))).toBeDefined();
    expect(dictionary(textOf(1026))).toBeUndefined();
    expect(dictionary(textOf(1024).replace("a", "x,a"))).toBeUndefined();
  });

  it("counts the members of a list too", () => {
    expect(list(many(1024, ",", () => "1"))).toBeDefined();
    expect(list(many(1025, ",", () => "1"))).toBeUndefined();
  });

  it.each([
    ["blanks", " "],
    ["parentheses", "("],
    ["semicolons", ";"],
    ["quotes", '"\\'],
    ["commas", "a,"],
    ["digits", "1"],
    ["colons", ":="],
  ])("judges a hundred thousand %s at once", (_what, unit) => {
    const text = `a=${unit.repeat(100_000)}`;
    const tookMs = cpuMsOf(() => expect(dictionary(text, "one-spelling")).toBeUndefined());
    expect(tookMs).toBeLessThan(200);
  });
});
