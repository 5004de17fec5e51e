/** Of PostgreSQL: connection lost or refused, no connection left, an administrator ends it, it starts or stops. */
const STATES = /^(?:08...|53300|57P0[1235])$/;
const SOCKET = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN"],
]);
/** What pg says of it without a code. */
const WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Query read timeout)/;

interface Fault {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

/** Whether an error says that the database is away, rather than that a statement is wrong: it may be there in a moment. */
export function isDatabaseAway(error: unknown): boolean {
  for (let at = error, depth = 0; isFault(at) && depth < 5; at = at.cause, depth += 1) {
    const { code, message } = at;
    if (typeof code === "string" && (STATES.test(code) || SOCKET.has(code))) return true;
    if (typeof message === "string" && WORDS.test(message)) return true;
  }
  return false;
}

const isFault = (value: unknown): value is Fault => value !== null && typeof value === "object";
