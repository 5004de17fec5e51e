import type { NonceStore } from "../ports/nonce-store.js";
import type { Observer } from "../ports/observer.js";
import { callObserver } from "../ports/call-observer.js";
import { StoreAround } from "./store-around.js";

type Verdict = "fresh" | "seen";
type Meter = NonNullable<Observer["observeClaim"]>;

/** The store, telling the observer of each claim; the store itself where nobody wants to be told. */
export function meteredNonceStore(store: NonceStore, observer: Observer | undefined): NonceStore {
  if (typeof observer?.observeClaim !== "function") return store;
  return new MeteredNonceStore(store, observer.observeClaim.bind(observer));
}

/** A claim that was made at once is answered at once: measuring adds no turn of the event loop. */
class MeteredNonceStore extends StoreAround {
  readonly #meter: Meter;

  constructor(store: NonceStore, meter: Meter) {
    super(store);
    this.#meter = meter;
  }

  override claim(key: string, expiresAtMs: number, scheme?: string): Verdict | Promise<Verdict> {
    const startedMs = performance.now();
    let answer: Verdict | Promise<Verdict>;
    try {
      answer = super.claim(key, expiresAtMs, scheme);
    } catch (error) {
      this.#tell("doubtful", startedMs);
      throw error;
    }
    if (typeof answer === "object") return this.#settle(answer, startedMs);
    this.#tell(answer, startedMs);
    return answer;
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
    const durationMs = performance.now() - startedMs;
    // A failure is dropped, as Observer says.
    callObserver(
      () => this.#meter({ outcome, durationMs }),
      () => undefined,
    );
  }
}
