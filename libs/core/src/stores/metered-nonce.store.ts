import type { NonceStore } from "../ports/nonce-store.js";
import type { Observer } from "../ports/observer.js";
import { callObserver } from "../ports/call-observer.js";
import { isPromise, type Maybe } from "../after.js";
import { StoreAround } from "./store-around.js";

type Verdict = "fresh" | "seen";
type Holding = Required<NonceStore>["hold"];
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

  override claim(...args: Parameters<NonceStore["claim"]>): ReturnType<NonceStore["claim"]> {
    return this.#measure(() => super.claim(...args));
  }

  protected override holdInner(...args: Parameters<Holding>): ReturnType<Holding> {
    return this.#measure(() => super.holdInner(...args));
  }

  #measure<Answer extends string | object>(ask: () => Maybe<Answer>): Maybe<Answer> {
    const startedMs = performance.now();
    let answer: Maybe<Answer>;
    try {
      answer = ask();
    } catch (error) {
      this.#tell("doubtful", startedMs);
      throw error;
    }
    if (isPromise(answer)) return this.#settle(answer, startedMs);
    this.#tell(verdictOf(answer), startedMs);
    return answer;
  }

  async #settle<Answer>(answer: Promise<Answer>, startedMs: number): Promise<Answer> {
    let outcome: Verdict | "doubtful" = "doubtful";
    try {
      const given = await answer;
      outcome = verdictOf(given);
      return given;
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

/** A hold is new, as what is `fresh`. */
const verdictOf = (answer: unknown): Verdict =>
  answer === "fresh" || typeof answer === "object" ? "fresh" : "seen";
