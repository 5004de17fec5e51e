import type { CanonicalLines, SingleLine } from "./canonical-lines.js";

/** A text by its lines, and the content that goes with it. */
export interface Candidate {
  readonly lines: CanonicalLines;
  readonly content: Buffer | undefined;
}

/** One way in which a candidate becomes another. */
export type Change = (candidate: Candidate) => Candidate;

/** Changes of one part: of each part one at most is made. */
export type Axis = readonly Change[];

/** One of the single lines with another value. */
export const withSingle =
  (key: SingleLine) =>
  (value: string): Change =>
  ({ lines, content }) => ({ lines: { ...lines, [key]: [value] }, content });

/** A header that is there with another value. */
export const withHeader =
  (name: string, value: string): Change =>
  ({ lines, content }) => {
    if (!lines.headers.has(name)) return { lines, content };
    const headers = new Map(lines.headers).set(name, [value]);
    return { lines: { ...lines, headers }, content };
  };

/** A line that was left out, though the list may name it. */
export const withoutHeader =
  (name: string): Change =>
  ({ lines, content }) => {
    const headers = new Map(lines.headers);
    headers.delete(name);
    const order = lines.order.filter((slot) => slot !== name && slot !== `header ${name}`);
    return { lines: { ...lines, headers, order }, content };
  };

/** What of these is another value, each once. */
export const othersThan = (value: string, variants: readonly string[]): string[] =>
  [...new Set(variants)].filter((each) => each !== value);
