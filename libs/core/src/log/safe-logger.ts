import { logEntry, type LogEntry, type LogFields } from "./log-entry.js";

/** A logger that never throws: what an application's own does wrong changes no answer, and stops no start. */
export class SafeLogger {
  readonly #logger: LogSink;

  constructor(logger: LogSink) {
    this.#logger = logger;
  }

  /** @param fields the same for those who read JSON */
  log(text: string, fields?: LogFields): void {
    this.#say("log", text, fields);
  }

  warn(text: string, fields?: LogFields): void {
    this.#say("warn", text, fields);
  }

  error(text: string, fields?: LogFields): void {
    this.#say("error", text, fields);
  }

  #say(level: Level, text: string, fields: LogFields | undefined): void {
    try {
      if (fields === undefined) return void this.#logger[level]?.(text);
      this.#logger[level]?.(logEntry(text, fields));
    } catch {
      // There is nowhere left to say it; but for a logger that takes texts alone.
      if (fields !== undefined) this.#say(level, text, undefined);
    }
  }
}

/** How much a line matters. */
export type Level = "log" | "warn" | "error";

/**
 * Where entries go: `console`, a logger of Nest, or one like pino. What is about a request has fields; a logger that makes
 * a text of it gets its line.
 */
export interface LogSink {
  // Methods, so that those that take a text fit too.
  log?(entry: string | LogEntry): unknown;
  warn?(entry: string | LogEntry): unknown;
  error?(entry: string | LogEntry): unknown;
}
