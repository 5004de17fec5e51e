import { describe, expect, it } from "@jest/globals";
import { shellQuote } from "./shell-quote.js";

describe("quoting for a shell", () => {
  it.each([
    [["curl", "-s", "http://a/b"], "curl -s http://a/b"],
    [["a b", "", "it's", "$x`y`"], String.raw`'a b' '' 'it'\''s' '$x` + "`y`'"],
    [["a\nb", "~", "*"], "'a\nb' '~' '*'"],
  ])("%j", (words, expected) => {
    expect(shellQuote(words)).toBe(expected);
  });
});
