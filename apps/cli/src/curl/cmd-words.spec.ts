import { describe, expect, it } from "@jest/globals";
import { cmdWords, isForCmd } from "./cmd-words.js";

// What Chrome, Edge and Firefox put on the clipboard of Windows, and what curl.exe then gets.
describe("a command for cmd of Windows", () => {
  it.each([
    [String.raw`curl ^"http://a.test/h?a=b^%^20c^&d=^!^"`, ["curl", "http://a.test/h?a=b%20c&d=!"]],
    [
      'curl ^"http://a/^" ^\r\n  -H ^"accept: */*^" ^\n  --compressed',
      ["curl", "http://a/", "-H", "accept: */*", "--compressed"],
    ],
    [String.raw`curl --data-raw ^"^{^\^"n^\^":1^}^"`, ["curl", "--data-raw", '{"n":1}']],
    [String.raw`curl -d ^"a^\^\b^\^\^\^"c^"`, ["curl", "-d", String.raw`a\\b\"c`]],
    ['curl -d ^"one^\n\ntwo^"', ["curl", "-d", "one\ntwo"]],
    ['curl -d ^"a^^b^"', ["curl", "-d", "a^b"]],
    // The older form: quotes of cmd itself, in which ^ is itself.
    [
      String.raw`curl "http://a/?x=%20" ^` + '\n -H "A: b^c" -d "{""n"":1}"',
      ["curl", "http://a/?x=%20", "-H", "A: b^c", "-d", '{"n":1}'],
    ],
    [String.raw`curl "a\\" "b\"c" d\e ""`, ["curl", "a\\", 'b"c', String.raw`d\e`, ""]],
    ['curl ^"http://a/^" > out.txt', ["curl", "http://a/"]],
    ['curl ^"http://a/^" | more\nnext', ["curl", "http://a/"]],
  ])("%j", (command, words) => {
    expect(cmdWords(command)).toEqual(words);
  });

  it.each([
    ['curl ^"http://a/^"', true],
    ['curl.exe ^"http://a/^"', true],
    ['curl "http://a/" ^\r\n  -v', true],
    ["curl 'http://a/' \\\n  -H 'x: ^\"'", false],
    ['curl "http://a/" -d "a ^ b"', false],
  ])("%j: %s", (command, expected) => {
    expect(isForCmd(command)).toBe(expected);
  });
});
