import type { LoggerService, LogLevel } from "@nestjs/common";
import { destination, pino, type Logger } from "pino";

/** What Nest says at each start, about each module and each route. */
const OF_EVERY_START = new Set([
  "NestFactory",
  "InstanceLoader",
  "RoutesResolver",
  "RouterExplorer",
  "NestApplication",
]);

/** Nest's log as lines of JSON, by pino. Messages that are objects become fields. */
export class ConsoleLogger implements LoggerService {
  readonly #pino: Logger;

  /** @param to a file descriptor; standard output unless said otherwise */
  constructor(to = 1) {
    // Written at once: what was said before a crash is there.
    this.#pino = pino(
      { base: null, timestamp: pino.stdTimeFunctions.isoTime },
      destination({ dest: to, sync: true }),
    );
  }

  log(message: unknown, ...more: unknown[]): void {
    if (OF_EVERY_START.has(String(more.at(-1)))) return;
    this.#write("info", message, more);
  }
  warn(message: unknown, ...more: unknown[]): void {
    this.#write("warn", message, more);
  }
  error(message: unknown, ...more: unknown[]): void {
    this.#write("error", message, more);
  }
  fatal(message: unknown, ...more: unknown[]): void {
    this.#write("fatal", message, more);
  }
  debug(): void {
    // Nobody has asked for it.
  }
  verbose(): void {
    // Nobody has asked for it.
  }

  /** Nest hands the context over last, and a stack before it. */
  #write(
    level: Exclude<LogLevel, "log" | "debug" | "verbose"> | "info",
    message: unknown,
    more: unknown[],
  ): void {
    const context = more.length > 0 ? String(more.at(-1)) : undefined;
    const stack = more.length > 1 && typeof more[0] === "string" ? more[0] : undefined;
    const fields =
      message instanceof Error
        ? { msg: message.stack ?? message.message }
        : message !== null && typeof message === "object"
          ? message
          : { msg: String(message) };
    this.#pino[level]({ context, ...(stack !== undefined && { stack }), ...fields });
  }
}
