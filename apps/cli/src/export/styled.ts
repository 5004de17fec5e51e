import { isObject, type Json } from "./example.js";
import type { Pair } from "./collection.js";
import { plainText } from "./plain-text.js";

/** How a list or an object is written: the OpenAPI Specification 3.1.1, section 4.8.12.2. */
export interface Style {
  readonly style: string;
  readonly explode: boolean;
}

/** What each part goes through on its way out. A form is encoded by the tool that sends it. */
export interface Spelling {
  readonly encode: (text: string) => string;
  /** What stands between the values of one list, by style: `,` for all others. */
  readonly between: Readonly<Record<string, string>>;
}

/** A parameter of a query or a cookie, or a field of a form: none for an empty list. */
export function styledPairs(
  name: string,
  value: Json | undefined,
  { style, explode }: Style,
  { encode, between }: Spelling,
): Pair[] {
  const pair = (key: string, one: Json | undefined): Pair => [encode(key), encode(plainText(one))];
  if (style === "deepObject" && isObject(value)) return deepPairs(name, value, pair);
  const joined = (parts: readonly Json[]): Pair[] =>
    parts.length === 0
      ? []
      : [[encode(name), parts.map((one) => encode(plainText(one))).join(between[style] ?? ",")]];
  if (Array.isArray(value)) return explode ? value.map((one) => pair(name, one)) : joined(value);
  if (isObject(value))
    return explode
      ? Object.entries(value).map(([key, one]) => pair(key, one))
      : joined(Object.entries(value).flat());
  return [pair(name, value)];
}

/** `name[key]=value`; for what is deeper no specification speaks, and servers go on with brackets. */
function deepPairs(name: string, value: Json, pair: (key: string, one: Json) => Pair): Pair[] {
  if (isObject(value))
    return Object.entries(value).flatMap(([key, one]) => deepPairs(`${name}[${key}]`, one, pair));
  return (Array.isArray(value) ? value : [value]).map((one) => pair(name, one));
}

/** A parameter of a path or a header: `simple`, `label` or `matrix`. */
export function styledText(
  name: string,
  value: Json | undefined,
  { style, explode }: Style,
  encode: (text: string) => string,
): string {
  const text = (one: Json | undefined): string => encode(plainText(one));
  const [start, between] = { label: [".", "."], matrix: [";", ";"] }[style] ?? ["", ","];
  const named = style === "matrix" ? `${name}=` : "";
  if (isObject(value)) {
    const pairs = Object.entries(value).map(([key, one]) => [encode(key), text(one)]);
    if (explode) return start + pairs.map((pair) => pair.join("=")).join(between);
    return start + named + pairs.flat().join(",");
  }
  if (!Array.isArray(value)) return start + named + text(value);
  return explode
    ? start + value.map((one) => named + text(one)).join(between)
    : start + named + value.map(text).join(",");
}
