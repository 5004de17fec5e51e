import { Refusal } from "../errors.js";

const MAX_LENGTH = 4096;
const BLANK_OR_QUOTE = /[ \t"]/;

/**
 * Reads `scheme SP name=value *( "," [SP] name=value )`: each of `names` exactly once, in any order, no other,
 * no quotes. Returns the values in the order of `names`; what
 * characters each may hold, or whether it may be empty, is its scheme's to say.
 * @throws Refusal `credentials-malformed`
 */
export function parseAuthParams(header: string, names: readonly string[]): string[] {
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const values: (string | undefined)[] = names.map(() => undefined);
  let end = header.indexOf(" ");
  if (end < 0) throw malformed("no parameters");
  for (let i = 0; i < names.length; i++) {
    let start = end + 1;
    if (i > 0 && header[start] === " ") start++;
    const place = names.findIndex(
      (name) => header[start + name.length] === "=" && header.startsWith(name, start),
    );
    if (place < 0) throw malformed("missing or unknown parameter");
    if (values[place] !== undefined) throw malformed("repeated parameter");
    const comma = header.indexOf(",", start);
    end = comma < 0 ? header.length : comma;
    const value = header.slice(start + (names[place] as string).length + 1, end);
    if (BLANK_OR_QUOTE.test(value)) throw malformed("white space or quotes in a value");
    values[place] = value;
  }
  if (end < header.length) throw malformed("more parameters than there are");
  return values as string[];
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
