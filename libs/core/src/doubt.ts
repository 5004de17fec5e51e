import { Refusal, type RefusalCode } from "./errors.js";
import { secondOf, type Clock } from "./ports/clock.js";
import type { KeyStore } from "./ports/key-store.js";
import type { NonceStore } from "./ports/nonce-store.js";
import { fenceOf } from "./replay.js";
import type { Window } from "./window.js";

/** Refusals that tell a stranger something while a right MAC is answered with 503. */
const TELLING: ReadonlySet<RefusalCode> = new Set([
  "app-unknown",
  "key-unusable",
  "signature-mismatch",
]);

const FAILURES: ReadonlySet<RefusalCode> = new Set(["nonces-unavailable", "nonces-full"]);

/**
 * Whether a store is failing or turns look-ups away. While one does, an unknown app and a wrong MAC are answered with
 * 503 as well; otherwise it would show strangers which MACs are right, or which apps there are.
 */
export class Doubt {
  readonly #keys: KeyStore;
  readonly #nonces: NonceStore;
  readonly #window: Window;
  readonly #clock: Clock;
  #keysFailed = false;
  #noncesFailed = false;

  constructor(ports: { keys: KeyStore; nonces: NonceStore; window: Window; clock: Clock }) {
    this.#keys = ports.keys;
    this.#nonces = ports.nonces;
    this.#window = ports.window;
    this.#clock = ports.clock;
  }

  /** Takes note of a failing store, and turns a telling refusal into a 503 while one is failing. */
  answer(error: unknown): unknown {
    if (!(error instanceof Refusal)) return error;
    const { code } = error;
    if (code === "keys-unavailable") this.#keysFailed = true;
    else if (FAILURES.has(code) || (code === "nonces-starting" && error.cause !== undefined))
      this.#noncesFailed = true;
    else if (code === "nonce-seen" || code === "timestamp-too-new") this.noncesAnswered();
    if (!TELLING.has(code)) return error;
    // A key store that caches knows better than its last answer whether it is failing.
    if (this.#keys.failing === undefined) this.#keysFailed = false;
    return this.#stands()
      ? new Refusal(code, undefined, { ...error.progress(), inDoubt: true })
      : error;
  }

  /** The nonce store has answered. */
  noncesAnswered(): void {
    this.#noncesFailed = false;
  }

  #stands(): boolean {
    const inFence = secondOf(this.#clock.nowMs()) <= fenceOf(this.#nonces, this.#window);
    const keysFail = this.#keys.failing ?? this.#keysFailed;
    return keysFail || this.#keys.overloaded === true || this.#noncesFailed || inFence;
  }
}
