import { Refusal } from "../errors.js";

const MAX_LENGTH = 4096;

/**
 * Reads `scheme SP name=value *( "," [SP] name=value )`: each of `names` exactly once, in any order, no other,
 * no quotes. Returns the values in the order of `names`; what
 * characters each may hold, or whether it may be empty, is its scheme's to say.
 * @throws Refusal `credentials-malformed`
 */
export function parseAuthParams(header: string, names: readonly string[]): string[] {
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const afterScheme = header.indexOf(" ");
  const parts = header.slice(afterScheme + 1).split(",", names.length + 1);
  if (afterScheme < 0 || parts.length !== names.length) throw malformed("wrong number of parameters");

  const values = Array.from<string | undefined>({ length: names.length });
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    const start = i > 0 && part.startsWith(" ") ? 1 : 0;
    const equals = part.indexOf("=", start);
    const place = names.indexOf(part.slice(start, Math.max(equals, start)));
    const value = part.slice(equals + 1);
    if (equals < 0 || place < 0) throw malformed("unknown parameter");
    if (values[place] !== undefined) throw malformed("repeated parameter");
    if (/[ \t"]/.test(value)) throw malformed("white space or quotes in a value");
    values[place] = value;
  }
  return values as string[];
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
