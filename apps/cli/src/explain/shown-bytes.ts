const NAMES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/**
 * Bytes as a terminal may show them: what is not printable ASCII is escaped.
 * @param text a character for each byte
 */
export const shownBytes = (text: string): string =>
  text.replace(
    /[^\x20-\x7e]/g,
    (byte) => NAMES[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
