import {
  linesOf,
  onlyOf,
  pathOf,
  queryOf,
  type CanonicalLines,
  type Values,
} from "../canonical-lines.js";
import type { Layout } from "../layout.js";
import { otherTemplates } from "./other-templates.js";

const escaped = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

const ORIGIN = /^https?:\/\/[^/]*/;
/** Where the origin of `{url}` is kept: the line of the target has none. */
const ORIGIN_PLACE = "origin of {url}";

/** What no URL holds is where content behind one begins. */
const IN_URL = '[^\\s{}\\[\\]"<>|\\\\^`]';

/** What stands in place of each name; the content may be anything. */
const PATTERNS: Readonly<Record<string, string>> = {
  id: "[^\\s]{0,128}?",
  timestamp:
    "(?:\\d{13}|\\d{10}|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d))",
  body: "[^]*?",
  form: "[^]*?",
  method: "[A-Z-]{1,32}?",
  url: `https?:\\/\\/${IN_URL}*`,
  path: `\\/${IN_URL.replace("[^", "[^?")}*`,
  query: `${IN_URL}*`,
};

const patternOf = (name: string): string | undefined =>
  Object.hasOwn(PATTERNS, name) ? PATTERNS[name] : undefined;

/** A header, a parameter or a field: without what stands behind it, so that no text takes long to be read. */
const valueBefore = (literal: string): string =>
  literal === "" ? "[^]{0,256}?" : `[^${escaped(literal[0] as string)}]{0,1024}`;

/** What webhooks sign: mostly the content, with a time and an id beside it where there are such. */
export function contentLayout(
  title: string,
  template: string,
  timestampFormat: unknown = "seconds",
): Layout {
  const pieces = piecesOf(template);
  const names = pieces.flatMap(({ names: each }) => each);
  const pattern = new RegExp(`^${pieces.map((piece) => piece.pattern).join("")}$`);
  const has = (...wanted: string[]): boolean => names.some((name) => wanted.includes(name));
  return {
    title,
    rows: [
      ...(has("method") ? ["method" as const] : []),
      ...(has("url", "path", "query") ? ["target" as const] : []),
      ...(has("id") ? ["nonce" as const] : []),
      ...(has("timestamp") ? ["timestamp" as const] : []),
    ],
    normalises: false,
    ...(timestampFormat !== "seconds" && { writesOtherTimes: true }),
    hasLines: false,
    recognises: (text) => pattern.test(text),

    read(text) {
      const [whole, ...values] = pattern.exec(text) ?? [];
      if (whole === undefined) return undefined;
      const found = names.flatMap((name, i) => {
        const value: string | undefined = values[i]; // none where it was left out
        return value === undefined ? [] : [[name, value] as const];
      });
      return linesBy(new Map(found));
    },

    write: (lines) => textOf(pieces, lines),

    *others(lines) {
      for (const other of otherTemplates(template)) {
        const text = textOf(piecesOf(other.template), lines);
        if (text !== undefined) yield { ...other, text };
      }
    },
  };
}

function textOf(pieces: readonly Piece[], lines: CanonicalLines): string | undefined {
  const text = pieces.map((piece) => piece.write(lines));
  return text.includes(undefined) ? undefined : text.join("");
}

/** A part of a template: what stands in brackets, which may be left out, or what stands between such. */
interface Piece {
  readonly names: readonly string[];
  readonly pattern: string;
  readonly write: (lines: CanonicalLines) => string | undefined;
}

const piecesOf = (template: string): readonly Piece[] =>
  template.split(/\[([^[\]]*)\]/).map((text, i) => pieceOf(text, i % 2 === 1));

function pieceOf(text: string, mayLack: boolean): Piece {
  const parts = text.split(/\{([^{}]*)\}/); // literal, name, literal, …
  const pattern = parts.map((part, i) =>
    i % 2 === 0
      ? escaped(part)
      : `(${patternOf(part) ?? valueBefore(part.endsWith("*") ? "" : (parts[i + 1] ?? ""))})`,
  );
  return {
    names: parts.filter((_, i) => i % 2 === 1),
    pattern: mayLack ? `(?:${pattern.join("")})?` : pattern.join(""),
    write(lines) {
      const values = parts.map((part, i) => (i % 2 === 1 ? valueOf(part, lines) : part));
      if (values.includes(undefined)) return mayLack ? "" : undefined;
      return values.join("");
    },
  };
}

const HEADER = "header:";
const headerIn = (name: string): string | undefined =>
  name.startsWith(HEADER) ? name.slice(HEADER.length).replace(/\*$/, "").toLowerCase() : undefined;

function linesBy(values: ReadonlyMap<string, string>): CanonicalLines {
  const lineOf = (name: string): Values | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : [value];
  };
  const headers = new Map<string, Values>();
  const others = new Map<string, Values>();
  for (const [name, value] of values) {
    const header = headerIn(name);
    if (header !== undefined) headers.set(header, [value]);
    else if (!Object.hasOwn(PATTERNS, name)) others.set(name, [value]);
  }
  const url = values.get("url");
  if (url !== undefined) others.set(ORIGIN_PLACE, [ORIGIN.exec(url)?.[0] ?? ""]);
  const target = targetOf(values);
  return linesOf({
    method: lineOf("method"),
    target: target === undefined ? undefined : [target],
    nonce: lineOf("id"),
    timestamp: lineOf("timestamp"),
    payload: lineOf("body") ?? lineOf("form"),
    headers,
    others,
  });
}

function targetOf(values: ReadonlyMap<string, string>): string | undefined {
  const url = values.get("url");
  if (url !== undefined) return url.replace(ORIGIN, "");
  const [path, query] = [values.get("path"), values.get("query")];
  if (path === undefined && query === undefined) return undefined;
  return query === undefined ? path : `${path ?? ""}?${query}`;
}

function valueOf(name: string, lines: CanonicalLines): string | undefined {
  const target = onlyOf(lines.target);
  switch (name) {
    case "id":
      return onlyOf(lines.nonce);
    case "timestamp":
    case "method":
      return onlyOf(lines[name]);
    case "body":
    case "form":
      return onlyOf(lines.payload);
    case "path":
      return target === undefined ? undefined : pathOf(target);
    case "query":
      return target === undefined ? undefined : (queryOf(target) ?? "");
    case "url": {
      const origin = onlyOf(lines.others.get(ORIGIN_PLACE));
      return target === undefined || origin === undefined ? undefined : origin + target;
    }
    default: {
      const header = headerIn(name);
      return onlyOf(header === undefined ? lines.others.get(name) : lines.headers.get(header));
    }
  }
}
