/** A logger that never throws: what an application's own does wrong changes no answer, and stops no start. */
export class SafeLogger {
  readonly #logger: LogSink;

  constructor(logger: LogSink) {
    this.#logger = logger;
  }

  log(text: string): void {
    this.#say("log", text);
  }

  warn(text: string): void {
    this.#say("warn", text);
  }

  error(text: string): void {
    this.#say("error", text);
  }

  #say(level: Level, text: string): void {
    try {
      this.#logger[level]?.(text);
    } catch {
      // There is nowhere left to say it.
    }
  }
}

/** How much a line matters. */
export type Level = "log" | "warn" | "error";

/** Where lines go: `console`, or a logger of Nest. */
export type LogSink = Partial<Readonly<Record<Level, (text: string) => unknown>>>;
