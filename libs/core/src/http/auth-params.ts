import { Refusal, type RefusalCode } from "../errors.js";

const MAX_LENGTH = 4096;
const BLANK_OR_QUOTE = /[ \t"]/;

/**
 * Reads `scheme SP name=value *( "," [SP] name=value )`: each of `names` exactly once, in any order, no other. Returns
 * the values in the order of `names`. What each may hold is its scheme's to say, with `refuseValue` where it does not.
 * @throws Refusal `credentials-malformed`
 */
export function parseAuthParams(header: string, names: readonly string[]): string[] {
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const values: string[] = [];
  let end = header.indexOf(" ");
  if (end < 0) throw malformed("no parameters");
  for (let i = 0; i < names.length; i++) {
    const start = i > 0 && header[end + 1] === " " ? end + 2 : end + 1;
    const place = placeOf(header, start, names);
    if (place < 0) throw malformed("missing or unknown parameter");
    if (values[place] !== undefined) throw malformed("repeated parameter");
    const comma = header.indexOf(",", start);
    end = comma < 0 ? header.length : comma;
    values[place] = header.slice(start + (names[place] as string).length + 1, end);
  }
  if (end < header.length) throw malformed("more parameters than there are");
  return values;
}

/** Which of the names, followed by `=`, stands at `start`; -1 for none. */
function placeOf(header: string, start: number, names: readonly string[]): number {
  for (let place = 0; place < names.length; place++) {
    const name = names[place] as string;
    if (header[start + name.length] === "=" && header.startsWith(name, start)) return place;
  }
  return -1;
}

/** The refusal for a value that is not valid: a blank or a quote anywhere breaks the grammar of the whole list. */
export function refuseValue(
  values: readonly string[],
  code: RefusalCode,
  detail?: string,
): Refusal {
  return values.some((value) => BLANK_OR_QUOTE.test(value))
    ? malformed("white space or quotes in a value")
    : new Refusal(code, detail);
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
