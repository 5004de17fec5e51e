/**
 * Reads a date, as milliseconds since 1970; NaN for one that does not exist, or is not after the beginning of 1970.
 * `Date.parse` takes almost anything, and makes the 3rd of March of the 31st of February: only what `format` writes
 * again as it stands is a date.
 */
export function parseUtc(text: string, format: (date: Date) => string): number {
  const ms = Date.parse(text);
  return ms > 0 && format(new Date(ms)) === text ? ms : NaN;
}

/** A date to the second, in the form of ISO 8601: `2015-08-30T12:36:00Z`. */
export const isoSecond = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
