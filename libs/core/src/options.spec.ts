import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "./errors.js";
import {
  bytes,
  count,
  custom,
  flag,
  group,
  list,
  milliseconds,
  oneOf,
  port,
  seconds,
  text,
} from "./option-kinds.js";
import { readOptions, type OptionSpecs, type OptionsOf, type SettingsOf } from "./options.js";
import type { Clock } from "./ports/clock.js";

const clock: Clock = { nowMs: () => 0 };
const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

const WAX = {
  /** The colour, for editors. */
  colour: text({ required: true, example: "red" }),
  realm: text({ pattern: /^[a-z]{1,8}$/, as: "1 to 8 letters", example: "mail", shown: true }),
  maxAge: seconds({ from: 1, to: 86_400, default: 60 }),
  waitMs: milliseconds({ from: 1, default: 250 }),
  maxBytes: bytes({ from: 0 }),
  capacity: count({ from: 1, to: 9 }),
  tellTime: flag({ default: true }),
  encoding: oneOf(["hex", "base64"], { default: "hex" }),
  headers: list(text({ example: "date" }), { example: ["date"], from: 1, to: 3 }),
  clock: port<Clock>(["nowMs"], { default: clock, says: "the system's" }),
  cache: group({ ttlMs: milliseconds({ from: 1, default: 30 }) }, { default: {} }),
  twice: custom((given: number, at) => `${at}: ${given * 2}`, { default: 2, example: "7" }),
};

const read = (given: object) => readOptions(WAX, { colour: "red", ...given }, "wax");

function problemOf(given: unknown): ConfigurationError {
  try {
    readOptions(WAX, given as never, "wax");
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error("nothing was refused");
}

describe("readOptions", () => {
  it("fills in defaults, and reads them as given values are read", () => {
    expect(read({})).toEqual({
      colour: "red",
      realm: undefined,
      maxAge: 60,
      waitMs: 250,
      maxBytes: undefined,
      capacity: undefined,
      tellTime: true,
      encoding: "hex",
      headers: undefined,
      clock,
      cache: { ttlMs: 30 },
      twice: "wax.twice: 4",
    });
  });

  it("takes what is within the bounds, both included", () => {
    const given = {
      realm: "a",
      maxAge: 86_400,
      waitMs: 1,
      maxBytes: 0,
      capacity: 9,
      tellTime: false,
      encoding: "base64" as const,
      headers: ["date", "host", "via"],
      cache: { ttlMs: 1 },
    };
    expect(read(given)).toMatchObject(given);
    expect(read({ maxAge: undefined }).maxAge).toBe(60);
  });

  it.each<[unknown, string]>([
    [null, "wax: is null, and must be an object of options. Options: colour, realm,"],
    ["red", "wax: is a text, and must be an object of options. Options: colour, realm,"],
    [["red"], "wax: is a list, and must be an object of options."],
    [() => 1, "wax: is a function, and must be an object of options."],
    [undefined, 'wax.colour: is missing. Give "red", for example.'],
    [{}, 'wax.colour: is missing. Give "red", for example.'],
    [{ colour: null }, 'wax.colour: must be a text that is not empty. Give "red", for example.'],
    [
      { maxage: 60 },
      "wax.maxage: is not an option of wax. Did you mean maxAge? Options: colour, realm, maxAge,",
    ],
    [{ maxAgeSeconds: 60 }, "wax.maxAgeSeconds: is not an option of wax. Did you mean maxAge?"],
    [{ enocding: "hex" }, "wax.enocding: is not an option of wax. Did you mean encoding?"],
    [{ ttl: undefined }, "wax.ttl: is not an option of wax. Options: colour,"],
    [{ "not a name": 1 }, "wax.(a name): is not an option of wax. Options:"],
    [JSON.parse('{"__proto__":1}'), "wax.__proto__: is not an option of wax. Options:"],
    [
      { colour: "red", cache: { ttl: 1 } },
      "wax.cache.ttl: is not an option of wax.cache. Did you mean ttlMs?",
    ],
  ])("refuses %p: %s", (given, message) => {
    expect(problemOf(given).message.slice(0, message.length)).toBe(message);
  });

  it.each<[object, string]>([
    [
      { maxAge: "60" },
      'wax.maxAge: is "60", and must be a whole number of seconds from 1 to 86400. Give 60, for example.',
    ],
    [
      { maxAge: 0 },
      "wax.maxAge: is 0, and must be a whole number of seconds from 1 to 86400. Give 60, for example.",
    ],
    [
      { maxAge: 86_401 },
      "wax.maxAge: is 86401, and must be a whole number of seconds from 1 to 86400. Give 60, for example.",
    ],
    [
      { waitMs: Number.NaN },
      "wax.waitMs: is NaN, and must be a whole number of milliseconds, at least 1. Give 250, for example.",
    ],
    [
      { maxBytes: -1 },
      "wax.maxBytes: is -1, and must be a whole number of bytes, at least 0. Give 0, for example.",
    ],
    [
      { maxBytes: 2 ** 53 },
      "wax.maxBytes: is 9007199254740992, and must be a whole number of bytes, at least 0. Give 0, for example.",
    ],
    [
      { capacity: 1.5 },
      "wax.capacity: is 1.5, and must be a whole number from 1 to 9. Give 1, for example.",
    ],
    [
      { capacity: 5n },
      "wax.capacity: is a bigint, and must be a whole number from 1 to 9. Give 1, for example.",
    ],
    [{ tellTime: "no" }, 'wax.tellTime: is "no", and must be a boolean. Give true or false.'],
    [{ tellTime: 1 }, "wax.tellTime: is 1, and must be a boolean. Give true or false."],
    [
      { realm: "Mail" },
      'wax.realm: is "Mail", and must be 1 to 8 letters. Give "mail", for example.',
    ],
    [{ colour: "" }, 'wax.colour: must be a text that is not empty. Give "red", for example.'],
    [{ encoding: "hexa" }, 'wax.encoding: must be "hex" or "base64". Give "hex", for example.'],
    [
      { headers: "date" },
      'wax.headers: must be a list of 1 to 3 entries. Give ["date"], for example.',
    ],
    [{ headers: [] }, 'wax.headers: must be a list of 1 to 3 entries. Give ["date"], for example.'],
    [
      { headers: ["date", 7] },
      'wax.headers[1]: must be a text that is not empty. Give "date", for example.',
    ],
    [
      { headers: ["via", "date", "via"] },
      "wax.headers[2]: is in the list already. Give each once.",
    ],
    [
      { clock: Date.now },
      "wax.clock: is a function, and must be an object with nowMs(). Give { nowMs() { … } }.",
    ],
    [{ clock: {} }, "wax.clock: must be an object with nowMs(). Give { nowMs() { … } }."],
    [
      { clock: null },
      "wax.clock: is null, and must be an object with nowMs(). Give { nowMs() { … } }.",
    ],
    [{ cache: 1 }, "wax.cache: is 1, and must be an object of options. Options: ttlMs."],
    [
      { cache: { ttlMs: 0 } },
      "wax.cache.ttlMs: is 0, and must be a whole number of milliseconds, at least 1. Give 30, for example.",
    ],
  ])("refuses %p: %s", (given, message) => {
    expect(problemOf({ colour: "red", ...given }).message).toBe(message);
  });

  it("says the bounds of a list that has one, or none", () => {
    const item = text({ example: "a" });
    const problem = (spec: OptionSpecs[string]): string => {
      try {
        readOptions({ names: spec }, { names: 1 as never }, "wax");
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(problem(list(item, { example: ["a"] }))).toBe(
      'wax.names: must be a list. Give ["a"], for example.',
    );
    expect(problem(list(item, { example: ["a"], from: 1 }))).toBe(
      'wax.names: must be a list with at least 1 entry. Give ["a"], for example.',
    );
  });

  it("takes an entry twice where the list says so", () => {
    const names = list(text({ example: "a" }), { example: ["a"], repeats: true });
    expect(readOptions({ names }, { names: ["a", "a"] }, "wax").names).toEqual(["a", "a"]);
  });

  it("names where options stand as it is told to", () => {
    const where = "@Wax on Letters.send: ";
    expect(() => readOptions(WAX, { colour: "red", maxAge: 0 }, "@Wax", where)).toThrow(
      "@Wax on Letters.send: maxAge: is 0,",
    );
  });

  it("shows no text that may be a secret, wherever it stands", () => {
    const misplaced = [
      KEY,
      "c2VjcmV0LXNlY3JldC1zZWNyZXQ",
      "hunter2",
      "0123456789abcdef0123456789abcdef",
    ];
    const hidden = Object.keys(WAX).filter((name) => name !== "realm" && name !== "twice");
    for (const secret of misplaced)
      for (const given of [
        secret,
        [secret],
        { [`${KEY}${secret}`]: 1 },
        ...hidden.flatMap((name) => [
          { colour: "red", [name]: name === "colour" ? [secret] : secret },
          { colour: "red", [name]: name === "headers" ? [[secret]] : [secret] },
          { colour: "red", [name]: { [`${KEY}${secret}`]: secret } },
        ]),
      ])
        expect(inspect(problemOf(given))).not.toContain(secret);
  });
});

// The types, held by the compiler.
const required: OptionsOf<typeof WAX> = { colour: "red" };
// @ts-expect-error colour is required
const missing: OptionsOf<typeof WAX> = {};
// @ts-expect-error maxAge is a number
const worded: OptionsOf<typeof WAX> = { colour: "red", maxAge: "60" };
// @ts-expect-error there is no such option
const strange: OptionsOf<typeof WAX> = { colour: "red", maxage: 60 };
const types = (settings: SettingsOf<typeof WAX>): unknown => {
  const age: number = settings.maxAge;
  const twice: string = settings.twice;
  const encoding: "hex" | "base64" = settings.encoding;
  const headers: readonly string[] | undefined = settings.headers;
  // @ts-expect-error it may be undefined
  const capacity: number = settings.capacity;
  return [age, twice, encoding, headers, capacity];
};
void [required, missing, worded, strange, types];
