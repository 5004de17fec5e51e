import { onlyOf } from "./canonical-lines.js";
import { othersThan, withHeader, withoutHeader, type Change } from "./candidate.js";
import { headerOf, type View } from "./view.js";

const CHARSETS = ["; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8"];
const TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/octet-stream",
];

/** Other values of the signed headers, other spellings of their names, and lines that are left out. */
export function headerChanges(view: View): Change[] {
  const { headers } = view.lines;
  return [...headers].flatMap(([name, values]) => {
    const value = onlyOf(values);
    if (name === "host" || value === undefined) return [];
    const written = [
      ...headerOf(view, name),
      ...spacedOtherwise(value),
      ...recodedOtherwise(value),
      ...(name === "content-type" ? typesLike(value) : []),
      ...(name === "content-digest" ? digestsLike(value) : []),
      value.toLowerCase(),
      value.replace(/^"(.*)"$/, "$1"),
      "",
    ];
    return [
      ...othersThan(value, written).map((each) => withHeader(name, each)),
      withoutHeader(name),
      withName(name, (each) => each.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())),
      withName(name, (each) => each.toUpperCase()),
    ];
  });
}

/** Blanks folded, doubled, at the ends, round commas. */
const spacedOtherwise = (value: string): string[] => [
  value.trim().replace(/[\t ]+/g, " "),
  value.replace(/[\t ]+/g, ""),
  value.replaceAll(" ", "  "),
  value.replaceAll(" ", "\t"),
  ` ${value}`,
  `${value} `,
  value.replace(/,[\t ]+/g, ","),
  value.replace(/,[\t ]*/g, ", "),
];

const recodedOtherwise = (value: string): string[] =>
  /^[\0-\x7f]*$/.test(value)
    ? []
    : [
        Buffer.from(value, "utf8").toString("latin1"),
        Buffer.from(value, "latin1").toString("utf8"),
      ].filter((each) => /^[\0-\xff]*$/.test(each));

/** The same digest as it is written elsewhere. */
function digestsLike(value: string): string[] {
  const [, name = "", digest = ""] = /^(sha-\d+)=:([^:]*):$/.exec(value) ?? [];
  const bytes = Buffer.from(digest, "base64");
  return [bytes.toString("hex"), digest, bytes.toString("base64url")].flatMap((written) => [
    written,
    `${name}=${written}`,
    `${name.toUpperCase()}=${written}`,
    `${name}=:${written}:`,
  ]);
}

const typesLike = (value: string): string[] => [
  value.split(";", 1)[0] ?? "",
  ...CHARSETS.map((charset) => value.split(";", 1)[0] + charset),
  ...TYPES.flatMap((type) => [type, ...CHARSETS.map((charset) => type + charset)]),
];

const withName =
  (name: string, spell: (name: string) => string): Change =>
  ({ lines, content }) => {
    const headers = new Map(
      [...lines.headers].map(([each, values]) => [each === name ? spell(each) : each, values]),
    );
    return { lines: { ...lines, headers }, content };
  };
