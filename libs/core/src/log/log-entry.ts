/** What an entry says, for those who read JSON. Texts are escaped and cut; none is a secret. */
export interface LogFields {
  /** What happened, in a few words. Loggers such as pino take it for their message. */
  readonly msg: string;
  /** The code of a refusal. */
  readonly code?: string;
  /** What the caller saw. */
  readonly status?: number;
  readonly method?: string;
  /** Without the query, which may hold credentials. */
  readonly path?: string;
  /** The pattern of the route: `/orders/:id`. */
  readonly route?: string;
  readonly requestId?: string;
  /** The AppId that the request claims. */
  readonly appId?: string;
  /** The key that made the MAC, where that was right. */
  readonly keyId?: string;
  readonly scheme?: string;
  /** From the arrival of the request to its verdict. */
  readonly durationMs?: number;
  /** How much content had come. */
  readonly bytes?: number;
  /** The keys that did not make the MAC: a fingerprint of eight hex digits each, and the id where that is another. */
  readonly triedKeys?: readonly string[];
  readonly canonicalSha256?: string;
  /** What is behind it: a failure of a store, or what no caller is told. */
  readonly reason?: string;
  /** Where the code is explained. */
  readonly docs?: string;
  /** Of a sum: how many more there were, of how many apps, since when. */
  readonly count?: number;
  readonly apps?: number;
  readonly since?: string;
  /** Where a bug is. */
  readonly stack?: string;
}

/**
 * An entry of a log that has fields. Loggers that write JSON, Nest's own and pino, find them as its properties; whoever
 * prints it, or makes a text of it, gets one readable line.
 */
export type LogEntry = Line & LogFields;

/** @param line all of it, for those who read text */
export function logEntry(line: string, fields: LogFields): LogEntry {
  return Object.assign(new Line(line), fields);
}

class Line {
  readonly #line: string;

  constructor(line: string) {
    this.#line = line;
  }

  /** The line: where loggers such as winston look for it. No property of its own, so JSON does not say it twice. */
  get message(): string {
    return this.#line;
  }

  toString(): string {
    return this.#line;
  }

  /** What `console` and Nest's logger print, which ask `util.inspect`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.#line;
  }
}
