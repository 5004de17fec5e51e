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

const BARE = /[\w\s:=+~'/.,?;()*`-]/;

/** Carets before what cmd may read, and between a % and what could be a name. */
const withCarets = (value: string): string =>
  Array.from(value, (character, i) => {
    if (character === '"') return '^\\^"';
    if (character === "%") return /^\w/.test(value.slice(i + 1)) ? "^%^" : "^%";
    return BARE.test(character) ? character : `^${character}`;
  }).join("");

/**
 * How browsers write a value for cmd, by the years in which they did. They also write \ twice, which curl.exe then gets
 * twice: the values here have none.
 */
const BROWSERS: Readonly<Record<string, (value: string) => string>> = {
  // Chrome and Edge since 2024, Firefox with curl.exe.
  "carets before quotes": (value) => `^"${withCarets(value)}^"`,
  // Chrome and Edge from 2018 to 2023.
  "carets in quotes": (value) => `"${withCarets(value)}"`,
  // Before, and in Firefox for longer.
  "quotes twice": (value) => `"${value.replaceAll('"', '""').replaceAll("%", '"%"')}"`,
};

describe.each(Object.entries(BROWSERS))("a command of a browser with %s", (form, write) => {
  const headers = [
    'sec-ch-ua: "Chromium";v="118", "Not=A?Brand";v="99"',
    "accept: */*",
    "x: a^b&c|d<e>f!",
  ];
  const url = "http://127.0.0.1:4206/h?a=b%20c&d=%7B%22%7D";
  const bodies = ['{"n":1,"t":"50% & more | <b>^</b>"}', "a=1&b=%20%41", '{"a":[1,{"b":null}]}'];

  it.each(["curl", "curl.exe"])("gives %s what the browser sent", (program) => {
    for (const body of bodies)
      for (const [separator, end] of [
        [" ^\r\n  ", ""],
        [" ^\n  ", ""],
        [" ", " --compressed"],
      ] as const) {
        const parts = [
          write(url),
          ...headers.map((line) => `-H ${write(line)}`),
          `--data-raw ${write(body)}`,
        ];
        const command = `${program} ${parts.join(separator)}${end}`;
        if (separator === " " && form === "quotes twice") continue; // one that a POSIX shell would read otherwise
        expect(isForCmd(command)).toBe(true);
        expect(cmdWords(command)).toEqual([
          program,
          url,
          ...headers.flatMap((line) => ["-H", line]),
          "--data-raw",
          body,
          ...(end === "" ? [] : ["--compressed"]),
        ]);
      }
  });
});
