import { Refusal } from "../errors.js";

const LENGTH = 29; // Sun, 06 Nov 1994 08:49:37 GMT

/**
 * Reads an HTTP date in the one form that senders may make (RFC 9110 §5.6.7), a moment that exists, as whole seconds
 * since 1970. `name` is the field's.
 * @throws Refusal `timestamp-malformed`
 */
export function parseHttpDate(text: string, name: string): number {
  const ms = text.length === LENGTH ? Date.parse(text) : NaN;
  // Date.parse takes almost anything: only what would be written again as it stands is a date.
  if (!(ms > 0) || formatHttpDate(ms / 1000) !== text)
    throw new Refusal("timestamp-malformed", name);
  return ms / 1000;
}

/** The same moment as text. */
export const formatHttpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString();
