import type { RequestError, BeforeRequestHook } from "got" with {
  "resolution-mode": "import",
};
import { unlessAborted } from "../unless-aborted.js";

type Options = Parameters<BeforeRequestHook>[0];

/** Makes `timeout.request` the time of all of a request: got starts it anew for each attempt, and does not count pauses. */
export class GotPatience {
  readonly #totalMs: number | undefined;
  readonly #startMs = performance.now();

  /** @param options those of the first attempt: got's pauses are kept within the time from now on */
  constructor({ timeout, retry }: Options) {
    this.#totalMs = timeout.request;
    if (this.#totalMs === undefined) return;
    const delayOf = retry.calculateDelay;
    retry.calculateDelay = async (asked) => {
      const delayMs = (await delayOf?.(asked)) ?? asked.computedValue;
      // What we have asked to be sent again ends with an error that says the time.
      return asked.error.code === "ERR_RETRYING" || delayMs < this.#leftMs() ? delayMs : 0;
    };
  }

  /**
   * Waits for what comes before an attempt, and gives the attempt the time that is left.
   * @throws an error with the code `ETIMEDOUT`
   */
  async before<T>(work: Promise<T>, options: Options): Promise<T> {
    if (this.#totalMs === undefined) return work;
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(this.#error()), this.#leftMs());
    try {
      return await unlessAborted(work, end.signal);
    } finally {
      clearTimeout(timer);
      options.timeout.request = Math.max(1, Math.ceil(this.#leftMs()));
    }
  }

  /** Says of got's own error how long the whole was. */
  tell(error: RequestError): RequestError {
    if (this.#totalMs !== undefined && error.name === "TimeoutError" && isOfAll(error))
      error.message = messageFor(this.#totalMs);
    return error;
  }

  #leftMs(): number {
    return Math.max(0, this.#startMs + (this.#totalMs as number) - performance.now());
  }

  #error(): Error {
    const error = new Error(messageFor(this.#totalMs as number));
    return Object.assign(error, { name: "TimeoutError", code: "ETIMEDOUT" });
  }
}

const isOfAll = (error: RequestError): boolean => (error as { event?: string }).event === "request";

const messageFor = (totalMs: number): string => `Timeout awaiting 'request' for ${totalMs}ms`;
