/** What went wrong, in words; an error of Node's or a client's may have none of its own. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = partsOf(error).map((part) => messageOf(part) || (part as { code?: string }).code);
  const said = [...new Set(parts.filter((text) => text !== undefined && text !== ""))];
  return said.length === 0 ? error.name : said.join("; ");
}

/** ioredis speaks of an option when a connection breaks under a command. */
const messageOf = ({ message }: Error): string =>
  message.startsWith("Reached the max retries per request limit")
    ? "the connection broke"
    : message;

/** An error and those within it: of each command of a transaction, of each address of a host. */
function partsOf(error: Error): Error[] {
  const { previousErrors, errors, replies } = error as {
    previousErrors?: unknown;
    errors?: unknown;
    replies?: unknown;
  };
  const within = [previousErrors, replies, errors]
    .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
    .filter((part): part is Error => part instanceof Error);
  return [error, ...within];
}

/** The codes of a server's error, such as OOM or READONLY: of a transaction, those of its commands too. */
export function hasServerCode(error: unknown, code: string): boolean {
  return (
    error instanceof Error && partsOf(error).some((part) => part.message.startsWith(`${code} `))
  );
}

/** What a server answers as text, or null. */
export function textOf(answer: unknown): string | null {
  if (answer === null) return null;
  if (typeof answer === "string") return answer;
  if (Buffer.isBuffer(answer)) return answer.toString();
  throw new Error("Redis answered with something else than text");
}

/** What TIME has answered, in milliseconds since 1970; NaN for anything else. */
export function timeOf(answer: unknown): number {
  const [seconds, micros] = Array.isArray(answer) ? (answer as unknown[]).map(textOf) : [];
  return Number(seconds ?? NaN) * 1000 + Number(micros ?? NaN) / 1000;
}
