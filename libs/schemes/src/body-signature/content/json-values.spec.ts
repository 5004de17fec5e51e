import { describe, expect, it } from "@jest/globals";
import { NoSuchJson, placesOf, valuesInJson } from "./json-values.js";

const pathOf = (name: string) => ({ name, steps: name.split(".") });
const at = (json: string, path: string): string | undefined =>
  valuesInJson(json, placesOf([pathOf(path)])).get(path);

describe("a value in JSON", () => {
  it.each<[string, string, string | undefined]>([
    ['{"a":"b"}', "a", "b"],
    [' \n{ "x" : [ {} , [1,{"a":0}] ] , "a" : { "b" : [ 10 , 20 ] } } ', "a.b.1", "20"],
    ['{"a":{"b":{"c":true}}}', "a.b.c", "true"],
    ['[{"a":1},{"a":2}]', "1.a", "2"],
    ['{"0":"zero"}', "0", "zero"],
    ['{"\\u0061":"\\u00e9\\n\\"\\\\"}', "a", 'é\n"\\'],
    ['{"s":"}{,:\\\\","a":"right"}', "a", "right"],
    ['{"a":1676056940508}', "a", "1676056940508"],
    ['{"a":-0.50e+10}', "a", "-0.50e+10"], // as the sender wrote it
    ['{"a":9007199254740993}', "a", "9007199254740993"],
    ['{"a":null}', "a", undefined],
    ['{"a":{}}', "a.b", undefined],
    ["{}", "a", undefined],
    ["[]", "0", undefined],
    ["[1]", "1", undefined],
    ["[1]", "a", undefined],
    ["[1]", "00", undefined],
    ["[1]", "-1", undefined],
    ['{"a":"text"}', "a.length", undefined],
    ['{"a":1}', "__proto__", undefined],
    ['{"a":1}', "constructor.name", undefined],
    ['{"__proto__":{"b":"own"}}', "__proto__.b", "own"],
  ])("%s at %s", (json, path, value) => expect(at(json, path)).toBe(value));

  it.each([
    ['{"a":1,"a":2}', "a"],
    ['{"a":1,"\\u0061":2}', "a"],
    ['{"a":{"b":1},"a":{"b":2}}', "a.b"],
    ['{"a":{"b":1,"b":1}}', "a.b"],
    ['{"a":{}}', "a"],
    ['{"a":[1]}', "a"],
    ['{"a":undefined}', "a"],
    ['{"a":01}', "a"],
    ['{"a":1:2}', "b"],
    ['{"a":,"b":1}', "b"],
    ['{"a":1} ,', "a"],
    ['{"a":1}{"a":2}', "a"],
    ['{"a":1,}', "a"],
    ['{"a":"', "a"],
    ['{"a":"b', "b"],
    ['{"a"}', "a"],
    ['{"a" 1}', "a"],
    ["{a:1}", "a"],
    ["{", "a"],
    ["[1", "5"],
    ["]", "a"],
    ["", "a"],
    [`{"a":${"1".repeat(65)}}`, "a"],
  ])("%s at %s is refused", (json, path) => expect(() => at(json, path)).toThrow(NoSuchJson));

  it("is found in content of any depth and size, in time that grows with its length", () => {
    const deep = `{"x":${"[".repeat(200_000)}${"]".repeat(200_000)},"a":"b"}`;
    expect(at(deep, "a")).toBe("b");
    expect(at(`{"x":"${"\\\\".repeat(300_000)}","a":"b"}`, "a")).toBe("b");
    expect(at(`{"x":{${'"x":1,'.repeat(100_000)}"a":1},"a":"b"}`, "a")).toBe("b");
    expect(at(`[${"1,".repeat(100_000)}2]`, "1")).toBe("1");
    expect(() => at(`{${'"x":1,'.repeat(1000)}"a":"b"}`, "a")).toThrow("more than 1000 names");
  });

  it("is found beside others in one pass", () => {
    const paths = ["a.b", "a.c.0", "d", "none", "a.c.1.e"].map(pathOf);
    const json = '{"d":"D","a":{"c":[1,{"e":"E"}],"b":"B"}}';
    const found = { "a.b": "B", "a.c.0": "1", "a.c.1.e": "E", d: "D" };
    expect(Object.fromEntries(valuesInJson(json, placesOf(paths)))).toEqual(found);
  });

  it("stands in a list of one entry, where nobody signs the others", () => {
    const places = placesOf([pathOf("items.0.id")]);
    const one = '{"others":[1,2],"items":[{"id":"1"}]}';
    expect(valuesInJson(one, places, true).get("items.0.id")).toBe("1");
    const two = '{"items":[{"id":"1"},{"id":"2"}]}';
    expect(valuesInJson(two, places).get("items.0.id")).toBe("1");
    expect(() => valuesInJson(two, places, true)).toThrow("more than one entry");
  });

  it("is what JSON.parse finds, where that finds one", () => {
    const json = JSON.stringify({ a: [{ "b c": "é\u2028😀" }, 1.5, false], d: { e: "x" } });
    expect(at(json, "a.0.b c")).toBe("é\u2028😀");
    expect(at(json, "a.1")).toBe("1.5");
    expect(at(json, "d.e")).toBe("x");
  });
});
