import { describe, expect, it } from "@jest/globals";
import { formPairs, NoForm, onlyValue, sortedForm } from "./form-content.js";

describe("a form as it is signed", () => {
  it.each([
    ["b=2&a=1", "a1b2"],
    ["a=1&B=2", "B2a1"], // capitals first, as sort() has it
    ["a=%2B1+2", "a+1 2"],
    ["a=%C3%A9", "a\u00c3\u00a9"], // bytes
    ["a=2&a=1&a=2", "a1a2"],
    ["a&b=", "ab"],
    ["a=b=c&&", "ab=c"],
    ["a%3Db=c", "a=bc"],
    ["", ""],
  ])("%s", (form, text) => expect(sortedForm(form)).toBe(text));

  it.each(["a=%", "a=%4", "a=%zz", "%=1", "a=%C3%"])("%s is none", (form) =>
    expect(() => sortedForm(form)).toThrow(NoForm),
  );

  it("has at most a thousand pairs", () =>
    expect(() => sortedForm("a=1&".repeat(1001))).toThrow("1000"));

  it("has a name once where that decides", () => {
    const pairs = formPairs("a=1&b=2&%61=3&__proto__=x");
    expect(onlyValue(pairs, "b")).toBe("2");
    expect(onlyValue(pairs, "__proto__")).toBe("x");
    expect(onlyValue(pairs, "constructor")).toBe(undefined);
    expect(() => onlyValue(pairs, "a")).toThrow(NoForm);
  });
});
