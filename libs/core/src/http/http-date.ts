import { Refusal } from "../errors.js";
import { parseUtc } from "./utc.js";

const LENGTH = 29; // Sun, 06 Nov 1994 08:49:37 GMT

/**
 * Reads an HTTP date in the one form that senders may make (RFC 9110 §5.6.7), a moment that exists, as whole seconds
 * since 1970. `name` is the field's.
 * @throws Refusal `timestamp-malformed`
 */
export function parseHttpDate(text: string, name: string): number {
  const ms = text.length === LENGTH ? parseUtc(text, imfFixdate) : NaN;
  if (Number.isNaN(ms)) throw new Refusal("timestamp-malformed", name);
  return ms / 1000;
}

/** The same moment as text. */
export const formatHttpDate = (seconds: number): string => imfFixdate(new Date(seconds * 1000));

const imfFixdate = (date: Date): string => date.toUTCString();
