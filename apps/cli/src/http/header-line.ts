import { UsageError } from "../exit.js";

/** A header as it is typed: `Name: value`, or curl's `Name;`. */
export interface HeaderLine {
  readonly name: string;
  readonly separator: ":" | ";";
  readonly value: string;
}

// RFC 9110 §5.1: a name is a token. A control byte in the value would end the line early or be dropped on the way.
const LINE = /^([\w!#$%&'*+.^`|~-]+)([:;])[\t ]*([^\x00-\x08\x0a-\x1f\x7f]*?)[\t ]*$/;

/**
 * Reads a header as it is typed.
 * @throws UsageError
 */
export function readHeaderLine(text: string): HeaderLine {
  const [, name, separator, value = ""] = LINE.exec(text) ?? [];
  if (name === undefined || (separator === ";" && value !== ""))
    throw new UsageError(`-H ${JSON.stringify(text)} is not a header. Write it as 'Name: value'.`);
  return { name, separator: separator as ":" | ";", value };
}
