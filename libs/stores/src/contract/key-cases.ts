import { appOf, expectApart } from "./claiming.js";
import type { ContractCase } from "./contract-case.js";
import { startedCase, type Make } from "./started-case.js";

const ODD_NONCES: readonly (readonly [what: string, nonce: string])[] = [
  ["empty", ""],
  ["a space", " "],
  ["two spaces", "  "],
  ["a colon", ":"],
  ["an asterisk", "*"],
  ["a pattern", "[a-z]?%_"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["toString", "toString"],
  ["NUL", "\0"],
  ["NUL within", "a\0b"],
  ["NUL within, another end", "a\0c"],
  ["line feed", "\n"],
  ["CR LF", "\r\n"],
  ["quotes", `'"\\`],
  ["SQL", "'); drop table nonces; --"],
  ["braces", "{a}"],
  ["260 characters", "x".repeat(260)],
  ["261 characters", "x".repeat(261)],
  ["an emoji", "🦭"],
  ["the emoji's neighbour", "🦮"],
  ["half an emoji", "\ud83e"],
  ["é", "\u00e9"],
  ["é in two", "e\u0301"],
  ["lower case", "nonce"],
  ["upper case", "NONCE"],
  ["a trailing space", "nonce "],
  ["a number", "1"],
  ["the number, written otherwise", "01"],
];

/** Keys are told apart, byte by byte. */
export function keyCases(make: Make): ContractCase[] {
  return [
    startedCase(make, "keeps keys apart that look alike", async ({ store, time }) => {
      const app = appOf();
      const keys = [
        `${app}a\nbc`,
        `${app}ab\nc`, // the same characters, divided otherwise
        `${app}abc\n`,
        `${app}b\nbc`, // the same nonce, another app
        `${app}a\nbc\n`,
        `${app}a\n\nbc`,
        `${app}a:bc`,
        `${app}A\nbc`,
        `${app}a\nBC`,
      ];
      await expectApart(store, keys, time.ms + 60_000);
    }),
    ...ODD_NONCES.map(([what, nonce]) =>
      startedCase(make, `takes an odd nonce: ${what}`, async ({ store, time }) => {
        await expectApart(store, [`${appOf()}\n${nonce}`], time.ms + 60_000);
      }),
    ),
    startedCase(make, "keeps the odd ones apart", async ({ store, time }) => {
      const app = appOf();
      const keys = ODD_NONCES.map(([, nonce]) => `${app}\n${nonce}`);
      await expectApart(store, keys, time.ms + 60_000);
    }),
  ];
}
