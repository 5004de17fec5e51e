import { createHash } from "node:crypto";
import type { CanonicalLines } from "./canonical-lines.js";
import {
  compressed,
  decompressed,
  jsonSpellings,
  otherCharset,
  otherEnds,
  otherFormSpellings,
  otherLineEnds,
  withByteOrderMark,
} from "./causes/content-changes.js";

const REWRITINGS = [
  otherEnds,
  otherLineEnds,
  withByteOrderMark,
  otherCharset,
  jsonSpellings,
  otherFormSpellings,
  decompressed,
  compressed,
];
const WORDS = ["", "{}", "null", "undefined", "[object Object]", '""'];
/** Each variant is hashed many times over. */
const MAX_BYTES = 256 * 1024;

/** Other bytes that may have been signed in place of these. */
export function contentVariants(content: Buffer): Buffer[] {
  if (content.length > MAX_BYTES) return [];
  const all = [
    ...REWRITINGS.flatMap((rewriting) => rewriting(content)),
    ...jsonSpellings(content).flatMap(otherEnds),
    ...WORDS.map((word) => Buffer.from(word)),
    Buffer.from(JSON.stringify(content.toString("utf8"))), // a JSON text made JSON again
  ];
  const seen = new Set([content.toString("latin1")]);
  return all.filter((each) => {
    const text = each.toString("latin1");
    return seen.has(text) ? false : seen.add(text);
  });
}

/** A digest of the content as a text has it. */
export interface ContentDigest {
  readonly written: string;
  /** The same of other bytes. */
  readonly of: (bytes: Buffer) => string;
}

const WAYS = ["sha256", "sha512", "sha1", "md5"].flatMap((algorithm) =>
  (["hex", "base64"] as const).map(
    (encoding) =>
      (bytes: Buffer): string =>
        createHash(algorithm).update(bytes).digest(encoding),
  ),
);

/** Which digests of the content the lines hold. */
export function digestsIn(lines: CanonicalLines, content: Buffer): ContentDigest[] {
  const values = [...lines.headers.values(), ...lines.others.values(), lines.payload];
  const texts = values.flatMap((each) => each ?? []);
  return WAYS.map((of) => ({ written: of(content), of })).filter(({ written }) =>
    texts.some((text) => text.includes(written)),
  );
}
