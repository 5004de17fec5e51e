import { createHash } from "node:crypto";
import {
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from "node:zlib";
import { isDeepStrictEqual } from "node:util";
import { headerOf } from "../view.js";
import type { Findings } from "./cause.js";

/** Other bytes that the same content may be written in. */
export type Rewriting = (content: Buffer) => readonly Buffer[];

const MAX_DECODED = 16 * 1024 * 1024;

/** A digest that somebody signed, beside content of either side that does not have it. */
interface Mismatch {
  readonly field: string;
  readonly content: Buffer;
}

/** Whether a `Content-Digest` field, or a hexadecimal SHA-256, is the digest of these bytes. */
export function isDigestOf(field: string, content: Buffer): boolean {
  if (/^[0-9a-f]{64}$/.test(field))
    return createHash("sha256").update(content).digest("hex") === field;
  const [, bits, digest] = /^sha-(256|512)=:([^:]*):$/.exec(field) ?? [];
  return bits !== undefined && digestOf(`sha${bits}`, content) === digest;
}

const digestOf = (algorithm: string, content: Buffer): string =>
  createHash(algorithm).update(content).digest("base64");

function mismatchesOf({ client, server }: Findings): Mismatch[] {
  const fields = [client, server].flatMap((view) => [
    ...digestFieldsOf(view),
    ...hexDigestsOf(view),
  ]);
  const contents = [client, server].flatMap(({ content }) => content ?? []);
  return [...new Set(fields)].flatMap((field) =>
    contents.flatMap((content) => (isDigestOf(field, content) ? [] : [{ field, content }])),
  );
}

/** The hexadecimal digests that a view signs or carries, in formats that write them so. */
export const hexDigestsOf = (view: Findings["client"]): string[] =>
  [
    ...headerOf(view, "x-amz-content-sha256"),
    ...(view.layout.hasLines ? (view.lines.payload ?? []) : []),
  ].filter((digest) => /^[0-9a-f]{64}$/.test(digest));

/** The digest that a view signs or carries. */
export function digestFieldsOf(view: Findings["client"]): string[] {
  const signed = view.lines.headers.get("content-digest") ?? [];
  return [...new Set([...signed, ...headerOf(view, "content-digest")])];
}

/** Whether the content that arrived is not the content that the request speaks of. */
const isContentRefused = ({ server: { takes, content } }: Findings): boolean =>
  takes !== undefined && content !== undefined && !takes(content);

/** Whether one side's content is the other's, or what was signed, rewritten so. */
export function isRewritten(findings: Findings, rewriting: Rewriting): boolean {
  const { client, server } = findings;
  const isOther = (one: Buffer, other: Buffer): boolean =>
    rewriting(one).some((each) => each.equals(other));
  const [a, b] = [client.content, server.content];
  if (a !== undefined && b !== undefined && !a.equals(b) && (isOther(a, b) || isOther(b, a)))
    return true;
  const { takes, content } = server;
  const isTaken = (each: Buffer): boolean =>
    !each.equals(content ?? each) && takes?.(each) === true;
  if (isContentRefused(findings) && content !== undefined && rewriting(content).some(isTaken))
    return true;
  return mismatchesOf(findings).some(({ field, content }) =>
    rewriting(content).some((each) => !each.equals(content) && isDigestOf(field, each)),
  );
}

/** Whether both contents are there, differ, and are the same in this respect. */
export function areAlike(
  { client, server }: Findings,
  alike: (a: Buffer, b: Buffer) => boolean,
): boolean {
  const [a, b] = [client.content, server.content];
  return a !== undefined && b !== undefined && !a.equals(b) && alike(a, b);
}

function jsonOf(content: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(content.toString("utf8")) as unknown };
  } catch {
    return undefined;
  }
}

export function areSameJson(a: Buffer, b: Buffer): boolean {
  const [one, other] = [jsonOf(a), jsonOf(b)];
  return one !== undefined && other !== undefined && isDeepStrictEqual(one.value, other.value);
}

/** The spellings of a JSON value that common serialisers write. */
export const jsonSpellings: Rewriting = (content) => {
  const json = jsonOf(content);
  if (json === undefined) return [];
  return [json.value, sorted(json.value)]
    .flatMap((value) => {
      const compact = JSON.stringify(value);
      const lines = JSON.stringify(value, null, 1); // a line end is never inside a string
      const spaced = lines.replace(/,\n\s*/g, ", ").replace(/\n\s*/g, ""); // Python's json.dumps
      return [
        compact,
        spaced,
        JSON.stringify(value, null, 2),
        JSON.stringify(value, null, 4),
        compact.replaceAll("/", "\\/"), // PHP's json_encode
        escaped(compact),
        escaped(spaced),
      ];
    })
    .map((text) => Buffer.from(text, "utf8"));
};

/** Python and PHP escape everything outside ASCII. */
const escaped = (json: string): string =>
  json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, each]) => [name, sorted(each)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const otherEnds: Rewriting = (content) => {
  const text = content.toString("latin1");
  const bare = text.replace(/(?:\r?\n)+$/, "");
  return [bare, text.replace(/\r?\n$/, ""), `${text}\n`, `${text}\r\n`].map((each) =>
    Buffer.from(each, "latin1"),
  );
};

export const otherLineEnds: Rewriting = (content) => {
  const text = content.toString("latin1").replaceAll("\r\n", "\n");
  return [text, text.replaceAll("\n", "\r\n")].map((each) => Buffer.from(each, "latin1"));
};

export const otherCharset: Rewriting = (content) => [
  Buffer.from(content.toString("latin1"), "utf8"),
  Buffer.from(content.toString("utf8"), "latin1"),
];

export const withByteOrderMark: Rewriting = (content) => {
  const mark = Buffer.from([0xef, 0xbb, 0xbf]);
  return content.subarray(0, 3).equals(mark)
    ? [content.subarray(3)]
    : [Buffer.concat([mark, content])];
};

export const decompressed: Rewriting = (content) =>
  [gunzipSync, inflateSync, inflateRawSync, brotliDecompressSync].flatMap((decode) => {
    try {
      return [decode(content, { maxOutputLength: MAX_DECODED })];
    } catch {
      return [];
    }
  });

export const compressed: Rewriting = (content) => [gzipSync(content), deflateSync(content)];

export const otherFormSpellings: Rewriting = (content) => {
  const text = content.toString("latin1");
  if (!/^[^=\s]+=/.test(text)) return [];
  const form = new URLSearchParams(text).toString();
  return [form, form.replaceAll("+", "%20")].map((each) => Buffer.from(each, "latin1"));
};

export const areSameForm = (a: Buffer, b: Buffer): boolean =>
  [a, b].every((each) => /^[^=\s]+=/.test(each.toString("latin1"))) &&
  isDeepStrictEqual(pairsOf(a), pairsOf(b));

const pairsOf = (content: Buffer): string[] =>
  [...new URLSearchParams(content.toString("latin1"))].map((pair) => pair.join("=")).sort();

/** Whether two multipart bodies have the same parts between other boundaries. */
export function areSameParts(a: Buffer, b: Buffer): boolean {
  const [one, other] = [a, b].map((each) => {
    const text = each.toString("latin1");
    const boundary = /^--([^\r\n]+)\r?\n/.exec(text)?.[1];
    return boundary === undefined ? undefined : text.replaceAll(boundary, "");
  });
  return one !== undefined && one === other;
}
