import { after, isPromise, type Maybe } from "../after.js";
import type { Authentic } from "../flow.js";
import { secondOf, type Clock } from "../ports/clock.js";
import type { Held, NonceHold, NonceStore } from "../ports/nonce-store.js";
import type { Outcome, Redelivery } from "../scheme/redelivery.js";
import type { Window } from "../window.js";
import { rememberUntilMs } from "./nonce-memory.js";

const NO_HOLD = 'the nonce store answered with neither a hold nor "under-way" nor "done"';

/** What a message that may come again is held with. */
interface HoldSettings {
  readonly window: Window;
  readonly nonces: NonceStore;
  readonly clock: Clock;
}

/** The claim of a message that may come again: held until it is known what became of it. */
export class HeldClaim {
  readonly #authentic: Authentic;
  readonly #redelivery: Redelivery;
  readonly #settings: HoldSettings;
  #hold: NonceHold | undefined;

  constructor(authentic: Authentic, redelivery: Redelivery, settings: HoldSettings) {
    this.#authentic = authentic;
    this.#redelivery = redelivery;
    this.#settings = settings;
  }

  /** Whether it is this request's until its outcome is known. */
  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  take(key: string, expiresAtMs: number): Maybe<"fresh" | Held> {
    const { claims, scheme } = this.#authentic;
    const doneUntilMs = this.#rememberUntilMs(claims.timestampSeconds);
    const answer = this.#settings.nonces.hold?.(key, expiresAtMs, doneUntilMs, scheme.name);
    return after(answer, (given) => this.#taken(given));
  }

  #taken(answer: NonceHold | Held | undefined): "fresh" | Held {
    if (answer === "under-way" || answer === "done") return answer;
    if (typeof answer?.giveBack !== "function") throw new Error(NO_HOLD);
    this.#hold = answer;
    return "fresh";
  }

  /** What failed is given back, where its scheme has it come again. */
  conclude(outcome: Outcome): Maybe<void> {
    const hold = this.#hold;
    this.#hold = undefined;
    if (outcome === "done") return hold?.markDone(this.#doneUntilMs());
    return this.#redelivery.retryFailed ? hold?.giveBack() : undefined;
  }

  /** Until when no repeat could be accepted that has come by now, whatever time it was signed with. */
  #doneUntilMs(): number {
    const { clock, window } = this.#settings;
    const newestSeconds = secondOf(clock.nowMs()) + window.futureSkewSeconds;
    const { timestampSeconds } = this.#authentic.claims;
    return this.#rememberUntilMs(Math.max(timestampSeconds, newestSeconds));
  }

  /** Until when a message of this time is remembered that is done. */
  #rememberUntilMs(timestampSeconds: number): number {
    const { nonces, window } = this.#settings;
    const { claims, scheme } = this.#authentic;
    const horizon = nonces.horizonOf?.(scheme.name);
    const untilMs = rememberUntilMs({ ...claims, timestampSeconds }, window, horizon);
    const { rememberSeconds = 0 } = this.#redelivery;
    return Math.max(untilMs, (timestampSeconds + rememberSeconds) * 1000);
  }
}

/**
 * Says what became of a request, once its handler knows: before the end of its answer is sent, so that whoever sends it
 * again at once finds it so.
 * @throws what the store throws: the message then counts as under way until it is forgotten
 */
export function concludeClaims(claims: readonly HeldClaim[], outcome: Outcome): Maybe<void> {
  const ends = claims.map((claim) => claim.conclude(outcome)).filter(isPromise);
  return ends.length === 0 ? undefined : Promise.all(ends).then(() => undefined);
}
