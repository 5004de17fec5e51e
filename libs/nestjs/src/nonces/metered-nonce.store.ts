import type { NonceStore, Observer } from "@lacre/core";

type Verdict = "fresh" | "seen";
type Meter = NonNullable<Observer["observeClaim"]>;

/** The store, telling the observer of each claim; the store itself where nobody wants to be told. */
export function meteredNonceStore(store: NonceStore, observer: Observer | undefined): NonceStore {
  if (typeof observer?.observeClaim !== "function") return store;
  return new MeteredNonceStore(store, observer.observeClaim.bind(observer));
}

/** A claim that was made at once is answered at once: measuring adds no turn of the event loop. */
class MeteredNonceStore implements NonceStore {
  readonly #store: NonceStore;
  readonly #meter: Meter;

  constructor(store: NonceStore, meter: Meter) {
    this.#store = store;
    this.#meter = meter;
  }

  claim(key: string, expiresAtMs: number): Verdict | Promise<Verdict> {
    const startedMs = performance.now();
    let answer: Verdict | Promise<Verdict>;
    try {
      answer = this.#store.claim(key, expiresAtMs);
    } catch (error) {
      this.#tell("doubtful", startedMs);
      throw error;
    }
    if (typeof answer === "object") return this.#settle(answer, startedMs);
    this.#tell(answer, startedMs);
    return answer;
  }

  get completeSinceMs(): number | undefined {
    return this.#store.completeSinceMs;
  }

  get isShared(): boolean {
    return this.#store.isShared ?? false;
  }

  async start(): Promise<void> {
    await this.#store.start?.();
  }

  async stop(): Promise<void> {
    await this.#store.stop?.();
  }

  async #settle(answer: Promise<Verdict>, startedMs: number): Promise<Verdict> {
    let outcome: Verdict | "doubtful" = "doubtful";
    try {
      outcome = await answer;
      return outcome;
    } finally {
      this.#tell(outcome, startedMs);
    }
  }

  #tell(outcome: Verdict | "doubtful", startedMs: number): void {
    try {
      const told: unknown = this.#meter({ outcome, durationMs: performance.now() - startedMs });
      // An async observer that fails would otherwise end the process.
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // Dropped, as Observer says.
    }
  }
}
