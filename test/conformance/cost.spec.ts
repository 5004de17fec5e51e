import { describe, expect, it } from "@jest/globals";
import { chooseScheme, HeaderLines, Origins, receive, Refusal } from "@lacre/core";
import type { Head, Line } from "../support/heavy-heads.js";
import {
  ANSWERING,
  heavilyCovered,
  heavyAnswers,
  heavyRequests,
  HOST,
  SUBJECTS,
  type Subject,
} from "../support/heavy-messages.js";

/*
 * What a head costs before its MAC is compared, whatever it holds. No time is asked for: a head that is four times as
 * long may take eight times as long, and no more. A reader that goes through the head once takes four times as long,
 * one that goes through it again for each of its parts sixteen times. Nor may a text that is covered 28 times cost eight
 * times as much as one that is covered twice.
 */

const SIZES = [1024, 4096, 16_384];
const LIMIT = 8;
const RUNS = 3;
/** Of what looks too slow: what else the machine does may disturb some runs, but not all of them. */
const MORE_RUNS = 40;

const front = { origins: Origins.of([`https://${HOST}`]), pathPrefix: "" };

/** How far a head comes: to the text that is MACed, or to a refusal. Anything else that is thrown is a fault of ours. */
function endOf(attempt: () => void): string {
  try {
    attempt();
    return "read";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const readRequest =
  ({ scheme }: Subject) =>
  ({ method, target, headers }: Head): string =>
    endOf(() => {
      const request = receive({ method, target, rawHeaders: headers.flat() }, front);
      const { form } = chooseScheme(request, [scheme], [scheme.name]);
      form.contentUse(request);
      form.read(request).text("");
    });

const answered = ({ signer }: Subject) => signer.sign({ method: "GET", url: `https://${HOST}/a` });

function readAnswer({ scheme, signer }: Subject): (lines: readonly Line[]) => string {
  const request = answered({ scheme, signer });
  const { responses } = scheme;
  if (responses === undefined) throw new Error(`${scheme.name} signs no answers`);
  return (lines) =>
    endOf(() => {
      const response = { status: 200, headers: HeaderLines.fromEntries(lines) };
      const field = response.headers.only(responses.field) ?? "";
      responses.read(response, field, request).cover();
    });
}

/** The shortest of several runs, in milliseconds: what disturbs one only ever adds to it. */
function shortest(runs: number, run: () => void): number {
  let least = Infinity;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** What is heavier in the large heads than their size explains, with how many times. */
function tooHeavy<T>(
  small: ReadonlyMap<string, T>,
  large: ReadonlyMap<string, T>,
  read: (head: T) => unknown,
): string[] {
  const costs = Array.from(small, ([what, head]) => ({
    what,
    ms: shortest(RUNS, () => read(head)),
  }));
  // Below what half of the small heads take, a ratio says nothing.
  const typical = costs.map(({ ms }) => ms).toSorted((a, b) => a - b)[costs.length >> 1] ?? 0;
  return costs.flatMap(({ what, ms }) => {
    const [less, more] = [small.get(what), large.get(what)];
    if (less === undefined || more === undefined) return [];
    const growth = (runs: number, known: number): number =>
      shortest(runs, () => read(more)) / Math.max(known, typical);
    if (growth(RUNS, ms) <= LIMIT) return [];
    const again = growth(
      MORE_RUNS,
      shortest(MORE_RUNS, () => read(less)),
    );
    return again <= LIMIT ? [] : [`${what}: ${again.toFixed(1)} times`];
  });
}

/** The same for each step from one size to the next, up to the first at which something is too heavy. */
function tooHeavyInAnySize<T>(
  headsOf: (bytes: number) => ReadonlyMap<string, T>,
  read: (head: T) => unknown,
): string[] {
  for (const [i, bytes] of SIZES.slice(1).entries()) {
    const found = tooHeavy(headsOf(SIZES[i] as number), headsOf(bytes), read);
    if (found.length > 0) return found;
  }
  return [];
}

describe.each([...SUBJECTS])("heads for %s", (_name, subject) => {
  const read = readRequest(subject);

  it("are read, or refused, and many are read to their end", () => {
    const heads = heavyRequests(SIZES[1] as number, subject);
    const ends = Array.from(heads.values(), read);
    expect(ends.filter((end) => end === "read").length).toBeGreaterThan(100);
    expect(new Set(ends).size).toBeGreaterThan(1);
  });

  it("cost no more than their size", () => {
    expect(tooHeavyInAnySize((bytes) => heavyRequests(bytes, subject), read)).toEqual([]);
  });
});

describe("under RFC 9421", () => {
  it("the 28th component over a field or a query costs no more than the second", () => {
    const read = readRequest(SUBJECTS.get("rfc9421") as Subject);
    expect(tooHeavy(heavilyCovered(16_384, 2), heavilyCovered(16_384, 28), read)).toEqual([]);
  });
});

describe.each([...ANSWERING])("answers under %s", (_name, subject) => {
  const read = readAnswer(subject);
  const headsOf = (bytes: number) => heavyAnswers(bytes, subject, answered(subject));

  it("are read, or refused, and some are read to their end", () => {
    const ends = Array.from(headsOf(SIZES[1] as number).values(), read);
    expect(ends.filter((end) => end === "read").length).toBeGreaterThan(10);
    expect(new Set(ends).size).toBeGreaterThan(1);
  });

  it("cost no more than their size", () => {
    expect(tooHeavyInAnySize(headsOf, read)).toEqual([]);
  });
});

describe("what measures", () => {
  const heads = (bytes: number) =>
    new Map(["a", "b", "c"].map((what) => [what, `${what}${" ".repeat(bytes)}${what}`]));

  it("finds a reader that begins anew at each blank", () => {
    const read = (text: string): boolean => text.startsWith("b") && /[ \t]*\r\n/.test(text);
    expect(tooHeavyInAnySize(heads, read)).toEqual([expect.stringMatching(/^b: /)]);
  });

  it("finds nothing in one that goes through a text once", () => {
    // Without memory of its own, whose collection would be measured too.
    const read = (text: string): number => {
      let sum = 0;
      for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 65_521;
      return sum;
    };
    expect(tooHeavyInAnySize(heads, read)).toEqual([]);
  });
});
