import type { Dispatcher } from "undici";

type Controlled = Dispatcher.DispatchController;

/** The attempt behind the controller that the caller holds. */
export interface Behind {
  readonly controller: Controlled;
  abort(reason: Error): void;
  /** Goes on telling, as far as the caller listens. */
  flush(): void;
}

/** What the caller holds, in place of the controller of the attempt that is under way. */
export class FrontController implements Controlled {
  readonly #abortion = new AbortController();
  #behind: Behind | undefined;
  #isPaused = false;

  get signal(): AbortSignal {
    return this.#abortion.signal;
  }

  get aborted(): boolean {
    return this.signal.aborted;
  }

  get reason(): Error | null {
    return (this.signal.reason as Error | undefined) ?? null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get rawHeaders(): Controlled["rawHeaders"] {
    return this.#behind?.controller.rawHeaders;
  }

  get rawTrailers(): Controlled["rawTrailers"] {
    return this.#behind?.controller.rawTrailers;
  }

  /** From now on this attempt is under way. */
  follow(behind: Behind): void {
    this.#behind = behind;
  }

  abort(reason: Error): void {
    this.#abortion.abort(reason);
    this.#behind?.abort(reason);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#behind?.flush();
  }
}
