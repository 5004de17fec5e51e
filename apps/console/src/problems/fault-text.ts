/**
 * What the log is told of an error that nobody expected: its message, its stack, and what caused it. The values of a
 * statement that failed stay out: keys and passwords may be among them.
 */
export function faultText(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && parts.length < 5; at = causeOf(at))
    parts.push(withoutValues(at instanceof Error ? (at.stack ?? at.message) : String(at)));
  return parts.join("\nCaused by: ");
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

/** Drizzle writes them behind the statement, up to the stack. */
const withoutValues = (text: string): string =>
  text.replace(/^params:.*?(?=^\s+at |(?![\s\S]))/ms, "params: …\n");
