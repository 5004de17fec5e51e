import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, HeaderLines, Refusal, type SignableRequest } from "@lacre/core/scheme";
import { readContent, textOf } from "../message.js";
import type { BodySignatureOptions } from "../options.js";
import { readSettings } from "../settings.js";

/*
 * Two messages that differ in what a template names have two texts, whatever the template. Tried with values that are made
 * of what stands between them.
 */

const TIMES = {
  seconds: ["1700000000", "1170000000", "1111111111"],
  milliseconds: ["1700000000000", "1170000000000", "1111111111111"],
  unix: ["1700000000", "1700000000000", "1170000000"],
  iso: ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.5Z", "2024-05-01T12:00:00+01:00"],
} as const;
type Format = keyof typeof TIMES;

const CRUMBS = ["a", "A", "1", ".", ":", "x", "/", "?", "{", "}", "[", '"', "-"];
const TARGETS = [
  "/",
  "/a",
  "/a?b",
  "/a?",
  "/{",
  "/a}",
  "/1",
  "/a.1",
  "/a?q=1",
  "/a?q=.a",
  "/:x/a?q=",
  "/a/a",
];

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Message {
  readonly request: SignableRequest;
  readonly id: string;
  readonly timestamp: string;
  readonly body: string;
}

/** What a template may name of a message, found without the code under test. */
function valueOf(name: string, { request, id, timestamp, body }: Message): string {
  const [path = "", query = ""] = request.target.split(/\?(.*)/s);
  const values: Record<string, string> = {
    method: request.method,
    url: `https://a.test${request.target}`,
    path,
    query,
    id,
    timestamp,
    body,
    "header:x-a": request.headers.only("x-a") ?? "(none)",
    "query:q": new URLSearchParams(query).get("q") ?? "(none)",
    "query:q|lower": (new URLSearchParams(query).get("q") ?? "(none)").toLowerCase(),
  };
  return values[name] as string;
}

function messageBy(next: (below: number) => number, format: Format): Message {
  const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T;
  const word = (most: number): string =>
    Array.from({ length: next(most + 1) }, () =>
      next(6) === 0 ? pick(TIMES[format]) : pick(CRUMBS),
    ).join("");
  return {
    id: word(2),
    timestamp: pick(TIMES[format]),
    body: pick(["", "{", "{}", "a}", "<a>", word(3), `{${word(2)}`, `{${word(2)}}`]),
    request: {
      method: pick(["POST", "PO", "A", "AA"]),
      target: next(2) === 0 ? pick(TARGETS) : `/${word(2)}`,
      host: "a.test",
      authority: "a.test",
      urlScheme: "https",
      headers: HeaderLines.fromEntries(next(4) === 0 ? [] : [["x-a", word(2)]]),
    },
  };
}

/** How many different messages a template was tried with, each of a text of its own. */
function tryAll(template: string, format: Format, tries: number): number {
  const settings = readSettings(optionsFor(template, format), "o");
  const names = [...template.matchAll(/\{([^}]*)\}/g)].map(
    ([, name]) => name?.replace("*", "") as string,
  );
  const needsHeader = template.replaceAll(/\[[^\]]*\]/g, "").includes("{header:");
  const next = numbers(7);
  const texts = new Map<string, string>();
  for (let i = 0; i < tries; i++) {
    const message = messageBy(next, format);
    const { request, id, timestamp, body } = message;
    if (!/^[\x21-\x7e]{1,128}$/.test(id)) continue; // as the reader of ids has it
    if (needsHeader && !request.headers.has("x-a")) continue; // as that of headers has it
    try {
      const content = readContent(request, body, 1000, settings);
      const text = textOf(request, { id, timestamp }, content, settings);
      const values = JSON.stringify(names.map((name) => valueOf(name, message)));
      const other = texts.get(text) ?? values;
      if (other !== values) throw new Error(`${template}: ${other} and ${values} are both ${text}`);
      texts.set(text, values);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return texts.size;
}

const optionsFor = (template: string, format: Format): BodySignatureOptions => ({
  name: "x",
  appId: "x",
  signatureHeader: "x-sign",
  timestampFormat: format,
  ...(template.includes("{timestamp}") && { timestampHeader: "x-at" }),
  ...(template.includes("{id}") && { idHeader: "x-id" }),
  template,
});

describe("texts of two messages differ", () => {
  it.each<[string, Format]>([
    ["{method}{url}{body}{timestamp}", "milliseconds"],
    ["{url}{body}", "seconds"],
    ["{body}{url}", "seconds"],
    ["{timestamp}{body}", "iso"],
    ["{body}{timestamp}", "iso"],
    ["{id}{timestamp}{body}", "iso"],
    ["{id}{timestamp}{body}", "seconds"],
    ["{id}{timestamp}.{body}", "seconds"],
    ["{body}{timestamp}{id}", "seconds"],
    ["{body}.{id}{timestamp}", "seconds"],
    ["{id}.{body}{url}", "seconds"],
    ["{url}{body}{path}", "seconds"],
    ["{id}{body}{header:x-a}", "seconds"],
    ["{query:q}:{header:x-a*}:{id}", "seconds"],
    ["id:{query:q};request-id:{header:x-a};ts:{timestamp};", "seconds"],
    ["[id:{query:q|lower};][request-id:{header:x-a};]ts:{timestamp};", "unix"],
    ["[a.{query:q}.][x.{header:x-a}.]t{timestamp}:{body}", "unix"],
    ["[a.{query:q}.]A{id}.{timestamp}{body}", "seconds"],
    ["{timestamp}.{body}", "unix"],
    ["{body}.{timestamp}", "unix"],
  ])("under %j, with %s", (template, format) =>
    expect(tryAll(template, format, 4000)).toBeGreaterThan(20),
  );

  it("under whatever template is taken", () => {
    const next = numbers(3);
    const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T;
    const names = [
      "method",
      "url",
      "path",
      "query",
      "id",
      "timestamp",
      "body",
      "header:x-a",
      "query:q",
      "header:x-a*",
      "query:q*",
    ];
    const counts = { taken: 0, refused: 0 };
    for (let i = 0; i < 400; i++) {
      const used = Array.from({ length: 1 + next(4) }, () => pick(names));
      if (new Set(used.map((name) => name.replace("*", ""))).size < used.length) continue;
      const template = used
        .map((name) => `{${name}}${pick(["", "", ".", ":", "x", " ", "-A"])}`)
        .join("");
      const mayLack = next(3) === 0 && !used.join().includes("query:q") ? "[k:{query:q};]" : "";
      const format = pick(["seconds", "milliseconds", "unix", "iso"] as const);
      try {
        readSettings(optionsFor(mayLack + template, format), "o");
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        counts.refused++;
        continue;
      }
      counts.taken++;
      tryAll(mayLack + template, format, 1000);
    }
    expect(counts.taken).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(50);
  });
});
