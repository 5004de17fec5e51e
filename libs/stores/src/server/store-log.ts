import { SafeLogger, type LogSink } from "@lacre/core";

/**
 * Where a store's lines go: to the logger of its options, else to the one that `start` hands over, and to the console
 * until then. Whatever a logger throws changes nothing.
 */
export class StoreLog {
  readonly #isGiven: boolean;
  #to: SafeLogger;

  constructor(given: LogSink | undefined) {
    this.#isGiven = given !== undefined;
    this.#to = new SafeLogger(given ?? console);
  }

  /** Takes what `start` was told. */
  started(log: LogSink | undefined): void {
    if (!this.#isGiven && log !== undefined) this.#to = new SafeLogger(log);
  }

  log(text: string): void {
    this.#to.log(text);
  }

  warn(text: string): void {
    this.#to.warn(text);
  }

  error(text: string): void {
    this.#to.error(text);
  }
}
