import { CanceledError, isCancel, type InternalAxiosRequestConfig } from "axios";

type Config = InternalAxiosRequestConfig;

/** One signal for the two of axios (`signal`, `cancelToken`), and for errors that would come again. */
export class Patience {
  readonly #controller = new AbortController();
  readonly #config: Config;
  readonly #stop = (reason?: unknown): void => {
    const canceled = isCancel(reason) ? reason : new CanceledError(undefined, this.#config);
    this.#controller.abort(canceled);
  };

  constructor(config: Config) {
    this.#config = config;
    const { signal, cancelToken } = config;
    if (signal?.aborted === true) this.#stop();
    else signal?.addEventListener?.("abort", this.#stop);
    cancelToken?.subscribe(this.#stop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    this.#controller.abort();
  }

  release(): void {
    this.#config.signal?.removeEventListener?.("abort", this.#stop);
    this.#config.cancelToken?.unsubscribe(this.#stop);
  }
}
