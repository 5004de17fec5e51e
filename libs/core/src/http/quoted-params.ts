import { Refusal } from "../errors.js";

const MAX_LENGTH = 4096;
/** Printable US-ASCII without the two characters that a quoted string would have to escape (RFC 9110 §5.6.4). */
const PARAM = /([a-z]{1,16})="([\x20\x21\x23-\x5b\x5d-\x7e]*)"/y;

/**
 * Reads `scheme SP name="value" *( "," [SP] name="value" )`: some of `names`, in any order, each at most once, and no
 * other. Nothing is unescaped: there are no escapes.
 * @throws Refusal `credentials-malformed`
 */
export function parseQuotedParams(
  header: string,
  names: readonly string[],
): ReadonlyMap<string, string> {
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const values = new Map<string, string>();
  let at = header.indexOf(" ");
  if (at < 0) throw malformed("no parameters");
  do {
    PARAM.lastIndex = values.size > 0 && header[at + 1] === " " ? at + 2 : at + 1;
    const [, name = "", value = ""] = PARAM.exec(header) ?? [];
    if (!names.includes(name)) throw malformed("missing or unknown parameter");
    if (values.has(name)) throw malformed("repeated parameter");
    values.set(name, value);
    at = PARAM.lastIndex;
  } while (header[at] === ",");
  if (at < header.length) throw malformed("text after a parameter");
  return values;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
