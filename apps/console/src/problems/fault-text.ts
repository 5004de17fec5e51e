/**
 * What the log is told of an error that nobody expected: its message, its stack, and what caused it. The values of a
 * statement that failed stay out: keys and passwords may be among them.
 */
export function faultText(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && parts.length < 5; at = causeOf(at))
    parts.push(textOf(at));
  return parts.join("\nCaused by: ");
}

interface Fault {
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: unknown;
  /** The statement. Drizzle's message is that, and the values behind it. */
  readonly query?: string;
}

const isFault = (error: unknown): error is Fault => error !== null && typeof error === "object";

const causeOf = (error: unknown): unknown => (isFault(error) ? error.cause : undefined);

function textOf(error: unknown): string {
  if (!isFault(error)) return String(error);
  const { message = "", stack = message, query } = error;
  if (query === undefined || !message.startsWith(`Failed query: ${query}`)) return stack;
  const end = stack.indexOf(message) + message.length;
  return `Failed query: ${query}${stack.includes(message) ? stack.slice(end) : ""}`;
}
