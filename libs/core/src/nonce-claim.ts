import type { Doubt } from "./doubt.js";
import { Refusal, type RefusalCode } from "./errors.js";
import { progressOf, type Authentic, type Claims } from "./flow.js";
import { secondOf } from "./ports/clock.js";
import {
  NonceStoreFullError,
  NonceStoreStartingError,
  type NonceStore,
} from "./ports/nonce-store.js";
import type { Window } from "./window.js";

/** Whole seconds are compared, so the last second of the window is a whole one. */
const RESOLUTION_SECONDS = 1;

/** What a nonce is claimed with. */
export interface ClaimSettings {
  /** The scheme's, with the longest age that any route takes. */
  readonly window: Window;
  readonly nonces: NonceStore;
  readonly doubt: Doubt;
}

type Answer = "fresh" | "seen";

/** The claim of one request's nonce: made at most once, however many ask for it. */
export class NonceClaim {
  readonly #authentic: Authentic;
  readonly #settings: ClaimSettings;
  #answer: Answer | Promise<Answer> | undefined;

  constructor(authentic: Authentic, settings: ClaimSettings) {
    this.#authentic = authentic;
    this.#settings = settings;
  }

  /**
   * Claims the nonce, atomically, until no verifier could accept the request any more. `fresh` for the one request that
   * came first, whenever it asks. At once where the store answers at once.
   * @throws Refusal, as a rejection, `nonces-unavailable`, `nonces-full`, `nonces-starting` when in doubt
   */
  make(): Answer | Promise<Answer> {
    return (this.#answer ??= this.#claim());
  }

  #claim(): Answer | Promise<Answer> {
    const { nonces, window } = this.#settings;
    const { claims } = this.#authentic;
    if (isFenced(claims, nonces, window)) return Promise.reject(this.#refusal("nonces-starting"));
    const { appId, scheme, nonce, timestampSeconds, presigned } = claims;
    // By scheme too: a key serves one, so nobody can have a request accepted under two.
    const key = `${appId}\n${scheme}\n${nonce}`;
    const goodUntil = timestampSeconds + (presigned?.expiresSeconds ?? window.maxAgeSeconds);
    try {
      const answer = nonces.claim(key, rememberUntilMs(goodUntil, window));
      if (typeof answer === "string") return this.#heard(answer);
      return Promise.resolve(answer).then(
        (given) => this.#heard(given),
        (cause: unknown) => this.#failed(cause),
      );
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  /** What is not "fresh" is not fresh. */
  #heard(answer: Answer): Answer {
    if (answer !== "fresh") return "seen";
    this.#settings.doubt.noncesAnswered();
    return answer;
  }

  #failed(cause: unknown): Promise<never> {
    this.#settings.doubt.noncesFailed();
    return Promise.reject(this.#refusal(codeOf(cause), cause));
  }

  #refusal(code: RefusalCode, cause?: unknown): Refusal {
    return new Refusal(code, undefined, { ...progressOf(this.#authentic), cause });
  }
}

function codeOf(cause: unknown): RefusalCode {
  if (cause instanceof NonceStoreFullError) return "nonces-full";
  return cause instanceof NonceStoreStartingError ? "nonces-starting" : "nonces-unavailable";
}

/** Whether a request may have been accepted before the store's memory begins. */
export function isFenced(
  { timestampSeconds }: Pick<Claims, "timestampSeconds">,
  nonces: NonceStore,
  window: Window,
): boolean {
  return timestampSeconds <= fenceOf(nonces, window);
}

/** The last second of the fence: requests signed in it or before are refused with 503. −Infinity without a fence. */
export function fenceOf(nonces: NonceStore, window: Window): number {
  if (nonces.completeSinceMs === undefined) return -Infinity;
  const spreadSeconds = nonces.isShared === true ? window.clockSpreadSeconds : 0;
  return secondOf(nonces.completeSinceMs) + window.futureSkewSeconds + spreadSeconds;
}

/** Until when a nonce must be remembered: through the last instant at which any verifier could still accept it. */
export function rememberUntilMs(goodUntilSeconds: number, window: Window): number {
  return (goodUntilSeconds + RESOLUTION_SECONDS + window.clockSpreadSeconds) * 1000;
}
