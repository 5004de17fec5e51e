import {
  AxiosError,
  CanceledError,
  isCancel,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";
import type { Readable } from "node:stream";

type Config = InternalAxiosRequestConfig;

/** How long a caller waits for all of a request: one signal for what axios has for that, `signal`, `cancelToken` and `timeout`. */
export class Patience {
  readonly #controller = new AbortController();
  readonly #config: Config;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #reason: unknown;

  constructor(config: Config) {
    this.#config = config;
    const { signal, cancelToken } = config;
    const timeoutMs = Number(config.timeout ?? 0);
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#end(this.#timeoutError()), timeoutMs);
    if (signal?.aborted === true) this.#cancel();
    else signal?.addEventListener?.("abort", this.#cancel);
    cancelToken?.subscribe(this.#cancel);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The error for whoever has no patience left. Some platforms give signals no reason. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Nobody waits any more. An answer that is a stream may still be cancelled. */
  release(response: AxiosResponse<unknown> | undefined): void {
    clearTimeout(this.#timer);
    if (response === undefined || this.#config.responseType !== "stream") this.#forget();
    else (response.data as Partial<Readable>).once?.("close", () => this.#forget());
  }

  #forget(): void {
    this.#config.signal?.removeEventListener?.("abort", this.#cancel);
    this.#config.cancelToken?.unsubscribe(this.#cancel);
  }

  readonly #cancel = (reason?: unknown): void =>
    this.#end(isCancel(reason) ? reason : new CanceledError(undefined, this.#config));

  #end(reason: unknown): void {
    this.#reason ??= reason;
    this.#controller.abort(reason);
  }

  /** As axios itself says it. */
  #timeoutError(): AxiosError {
    const { timeout, timeoutErrorMessage, transitional } = this.#config;
    return new AxiosError(
      timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`,
      transitional?.clarifyTimeoutError === true ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED,
      this.#config,
    );
  }
}
