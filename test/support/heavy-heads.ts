/*
 * Heads that are made to cost: texts, header lines and targets of a given size, each of which is slow for something that
 * reads a text more than once, or looks for each of many things among all the others.
 */

export type Line = readonly [name: string, value: string];

/** A head as it arrives. */
export interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Line[];
}

/** Heads of this many bytes, by what is heavy about them. */
export type HeavyHeads = ReadonlyMap<string, Head>;

/** Node hands on no more (`maxHeadersCount`). */
const MAX_LINES = 2000;

const fill = (bytes: number, piece: string): string =>
  piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes);

/** Pieces that count up, as many as there is room for. */
function count(bytes: number, separator: string, pieceOf: (i: number) => string): string {
  let text = pieceOf(0);
  for (let i = 1; ; i++) {
    const next = separator + pieceOf(i);
    if (text.length + next.length > bytes) return text;
    text += next;
  }
}

/** `a0`, `a1`, …: short and all different. */
const word = (i: number): string => `a${i.toString(36)}`;

/** Names that a hash of numbers which knows no secret would put into one place. */
const colliding = (i: number): string => String((i + 1) * 4096);

/** One long text, as the value of a field or a part of one. */
export const TEXTS: Readonly<Record<string, (bytes: number) => string>> = {
  blanks: (bytes) => `a${fill(bytes, " ")}a`,
  "blanks and tabs": (bytes) => `a${fill(bytes, " \t")}a`,
  "blanks before a member": (bytes) => `a,${fill(bytes, " ")}b`,
  folds: (bytes) => `a${fill(bytes, "\r\n ")}a`,
  "blanks before commas": (bytes) => `a${fill(bytes, " ,")}`,
  commas: (bytes) => fill(bytes, ","),
  semicolons: (bytes) => fill(bytes, ";"),
  quotes: (bytes) => fill(bytes, '"'),
  backslashes: (bytes) => fill(bytes, "\\"),
  "an open string of escapes": (bytes) => `a="${fill(bytes, "\\\\")}`,
  "a string of escapes": (bytes) => `a="${fill(bytes & ~1, '\\"')}"`,
  "open inner lists": (bytes) => fill(bytes, "("),
  "equals signs": (bytes) => fill(bytes, "="),
  slashes: (bytes) => fill(bytes, "/"),
  colons: (bytes) => fill(bytes, ":"),
  letters: (bytes) => fill(bytes, "aB"),
  escapes: (bytes) => fill(bytes, "%2F"),
  "open escapes": (bytes) => fill(bytes, "%"),
  digits: (bytes) => `a=${fill(bytes, "1")}`,
  "open bytes": (bytes) => `a=:${fill(bytes, "AAAA")}`,
  bytes: (bytes) => `a=:${fill(bytes & ~3, "AAAA")}:`,
  "a list": (bytes) => count(bytes, ",", () => "1"),
  "a list with parameters": (bytes) => count(bytes, ",", () => "a;b"),
  "a dictionary": (bytes) => count(bytes, ",", word),
  "a dictionary with parameters": (bytes) => count(bytes, ",", (i) => `${word(i)};b;c`),
  "quoted parameters": (bytes) => count(bytes, ", ", (i) => `${word(i)}="b"`),
  "a list of names": (bytes) => count(bytes, ";", word),
  "inner lists": (bytes) => count(bytes, ",", (i) => `${word(i)}=()`),
  "an inner list": (bytes) => `a=(${count(bytes, " ", () => "1")})`,
  "an inner list of strings": (bytes) => `a=(${count(bytes, " ", (i) => `"${word(i)}"`)})`,
  "an inner list with parameters": (bytes) => `a=(${count(bytes, " ", () => "1;b;c")})`,
  parameters: (bytes) => `a;${count(bytes, ";", word)}`,
};

/** As many lines as there is room for. */
function lines(bytes: number, lineOf: (i: number) => Line): readonly Line[] {
  const all: Line[] = [];
  let size = 0;
  for (let i = 0; i < MAX_LINES; i++) {
    const line = lineOf(i);
    size += line[0].length + line[1].length + 4;
    if (size > bytes) break;
    all.push(line);
  }
  return all;
}

/** Many lines. */
export const LINES: Readonly<Record<string, (bytes: number) => readonly Line[]>> = {
  "many names": (bytes) => lines(bytes, (i) => [word(i), ""]),
  "names in digits": (bytes) => lines(bytes, (i) => [colliding(i), ""]),
  "one name": (bytes) => lines(bytes, () => ["x-one", ""]),
  "names with _": (bytes) => lines(bytes, (i) => [`${word(i)}_`, ""]),
  "names of _": (bytes) => lines(bytes, (i) => [`x${"_".repeat(i % 60)}${word(i)}`, ""]),
  "long names": (bytes) => lines(bytes, (i) => [word(i).padEnd(bytes / 8, "_"), ""]),
  ...Object.fromEntries(
    ["x-amz-", "x-ms-"].flatMap((prefix) => [
      [`${prefix} names`, (bytes: number) => lines(bytes, (i) => [prefix + word(i), ""])],
      [
        `${prefix} names and a _`,
        (bytes: number) => [
          ...lines(bytes, (i) => [prefix + word(i), ""]),
          ["x_other", "1"] as const,
        ],
      ],
      [
        `${prefix} names of hyphens`,
        (bytes: number) => lines(bytes, (i) => [`${prefix}${"-".repeat(i % 60)}${word(i)}`, "a"]),
      ],
      [
        `a few ${prefix} names`,
        (bytes: number) => lines(bytes / 64, (i) => [prefix + word(i), ""]),
      ],
    ]),
  ),
  "long values": (bytes) => lines(bytes, (i) => [`x-${word(i)}`, fill(bytes / 24, " a")]),
};

/** A target is at most half of a head of 16 KB, credentials included. */
const bounded = (targetOf: (bytes: number) => string) => (bytes: number) =>
  targetOf(Math.floor(bytes * 0.45));

/** Long request-targets. */
export const TARGETS: Readonly<Record<string, (bytes: number) => string>> = {
  "many parameters": bounded((bytes) => `/?${count(bytes, "&", word)}`),
  "parameters in falling order": bounded(
    (bytes) => `/?${count(bytes, "&", (i) => word(46_000 - i))}`,
  ),
  "the same parameter": bounded((bytes) => `/?${count(bytes, "&", () => "a")}`),
  "parameters in digits": bounded((bytes) => `/?${count(bytes, "&", colliding)}`),
  "parameters with escapes": bounded(
    (bytes) => `/?${count(bytes, "&", (i) => `${word(i)}=%C3%A4`)}`,
  ),
  "a thousand parameters": bounded(
    (bytes) => `/?${count(bytes, "&", (i) => `${i.toString(36).padStart(2, "x")}=a%2Fb`)}`,
  ),
  "a long parameter": bounded((bytes) => `/?a=${fill(bytes, "b")}`),
  "escapes in the query": bounded((bytes) => `/?a=${fill(bytes - (bytes % 3), "%2F")}`),
  "open escapes in the query": bounded((bytes) => `/?a=${fill(bytes, "%")}`),
  "no parameters": bounded((bytes) => `/?${fill(bytes, "&")}`),
  "question marks": bounded((bytes) => `/?${fill(bytes, "?")}`),
  "plus signs": bounded((bytes) => `/?${fill(bytes, "+")}`),
  "marks in the query": bounded((bytes) => `/?${fill(bytes, "!")}`),
  segments: bounded((bytes) => fill(bytes, "/a")),
  "segments with escapes": bounded((bytes) => fill(bytes - (bytes % 4), "/%20")),
  "empty segments": bounded((bytes) => fill(bytes, "/")),
  dots: bounded((bytes) => fill(bytes, "/..")),
  "folders and dots": bounded((bytes) => fill(bytes - (bytes % 6), "/a/../")),
  "marks in the path": bounded((bytes) => `/${fill(bytes, "!'()*")}`),
  "letters in the path": bounded((bytes) => `/${fill(bytes, "a")}`),
  "escapes in the path": bounded((bytes) => `/${fill(bytes - (bytes % 3), "%2F")}`),
  "words of credentials": bounded((bytes) => `/?${fill(bytes, "&x-amz-signatur&lacre")}`),
  "credentials in escapes": bounded((bytes) => `/?${fill(bytes, "%78%2D%61%6D%7A%2D&")}`),
  "a long bewit": bounded((bytes) => `/?bewit=${fill(bytes, "QUJD")}`),
  "many bewits": bounded((bytes) => `/?${fill(bytes, "bewit=&")}`),
};
