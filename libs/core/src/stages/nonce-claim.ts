import { isPromise, type Maybe } from "../after.js";
import type { Doubt } from "./doubt.js";
import { Refusal, type Progress, type RefusalCode } from "../errors.js";
import { progressOf, type Authentic } from "../flow.js";
import { HeldClaim } from "./held-claim.js";
import { isFenced, rememberUntilMs } from "./nonce-memory.js";
import { noteOfFence } from "./notes.js";
import { secondOf, type Clock } from "../ports/clock.js";
import {
  NonceStoreClockError,
  NonceStoreFullError,
  NonceStoreStartingError,
  type Held,
  type NonceStore,
} from "../ports/nonce-store.js";
import type { Window } from "../window.js";

/** What a nonce is claimed with. */
export interface ClaimSettings {
  /** The scheme's, with the longest age that any route takes. */
  readonly window: Window;
  readonly nonces: NonceStore;
  readonly doubt: Doubt;
  readonly clock: Clock;
}

/** What came of a claim: `under-way` and `done` are said of what is held. */
export type ClaimAnswer = "fresh" | "seen" | Held;

/** What is wrong with a store's answer that is none. */
export const NO_ANSWER = 'the nonce store answered neither "fresh" nor "seen"';

/** The claim of one request's nonce: made at most once, however many ask for it. */
export class NonceClaim {
  readonly #authentic: Authentic;
  readonly #settings: ClaimSettings;
  #answer: Maybe<ClaimAnswer> | undefined;
  /** Where the scheme has messages come again: its outcome is waited for, once it was made. */
  readonly held: HeldClaim | undefined;

  constructor(authentic: Authentic, settings: ClaimSettings) {
    this.#authentic = authentic;
    this.#settings = settings;
    const { redelivery } = authentic.scheme;
    this.held = redelivery && new HeldClaim(authentic, redelivery, settings);
  }

  /**
   * Claims the nonce, atomically, until no verifier could accept the request any more. `fresh` for the one request that
   * came first, whenever it asks. At once where the store answers at once.
   * @throws Refusal, as a rejection, `nonces-unavailable`, `nonces-full`, `nonces-starting`, `clock-off` when in doubt
   */
  make(): Maybe<ClaimAnswer> {
    return (this.#answer ??= this.#claim());
  }

  #claim(): Maybe<ClaimAnswer> {
    const { nonces, window } = this.#settings;
    const { claims, scheme } = this.#authentic;
    if (this.#isFenced()) return this.#fenced();
    const expiresAtMs = rememberUntilMs(claims, window, nonces.horizonOf?.(scheme.name));
    const key = keyOf(this.#authentic);
    try {
      const answer =
        this.held?.take(key, expiresAtMs) ?? nonces.claim(key, expiresAtMs, scheme.name);
      if (!isPromise(answer)) return this.#heard(answer);
      return answer.then(
        (given) => this.#heardLate(given),
        (cause: unknown) => this.#failed(cause),
      );
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  /** With the answer, the store may have heard of others that look further ahead, or remember for longer. */
  #heardLate(answer: ClaimAnswer): ClaimAnswer | Promise<never> {
    return answer === "fresh" && this.#isFenced() ? this.#fenced() : this.#heard(answer);
  }

  #isFenced(): boolean {
    const { nonces, window, clock } = this.#settings;
    const { claims, scheme } = this.#authentic;
    return isFenced(claims, scheme.name, nonces, window, secondOf(clock.nowMs()));
  }

  #heard(answer: ClaimAnswer): ClaimAnswer | Promise<never> {
    if (answer === "seen" || answer === "under-way" || answer === "done") return answer;
    // A store of somebody's own that forgets its return, say.
    if (answer !== "fresh") return this.#failed(new Error(NO_ANSWER));
    this.#settings.doubt.noncesAnswered();
    return answer;
  }

  #failed(cause: unknown): Promise<never> {
    this.#settings.doubt.noncesFailed();
    return this.#refuse(codeOf(cause), { cause });
  }

  #fenced(): Promise<never> {
    return this.#refuse("nonces-starting", { note: noteOfFence(this.#authentic, this.#settings) });
  }

  #refuse(code: RefusalCode, more: Progress): Promise<never> {
    const progress = { ...progressOf(this.#authentic), ...more };
    return Promise.reject(new Refusal(code, undefined, progress));
  }
}

/**
 * What is good once. By scheme too: a key serves one, so nobody can have a request accepted under two. And by the ApiKey,
 * where it alone makes the MAC: services that give one AppId different keys may share a store.
 */
function keyOf({ scheme, claims, key }: Authentic): string {
  const { appId, nonce } = claims;
  const scope = scheme.takesSeveralMacs === true ? "" : key.secret.scope(key.algorithm);
  return `${appId}\n${scheme.name}\n${scope}\n${nonce}`;
}

function codeOf(cause: unknown): RefusalCode {
  if (cause instanceof NonceStoreClockError) return "clock-off";
  if (cause instanceof NonceStoreFullError) return "nonces-full";
  return cause instanceof NonceStoreStartingError ? "nonces-starting" : "nonces-unavailable";
}
