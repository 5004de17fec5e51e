import { isPromise, type Maybe } from "../after.js";
import { Refusal } from "../errors.js";
import { NonceClaim, type ClaimAnswer } from "./nonce-claim.js";

/** How long a claim took. Milliseconds, of `performance.now()`. */
export interface ClaimTimes {
  readonly outcome: "fresh" | "seen" | "doubtful";
  readonly startedMs: number;
  readonly endedMs: number;
}

/** A claim that knows how long it took, where somebody wants to know. */
export class TimedNonceClaim extends NonceClaim {
  #startedMs: number | undefined;
  #times: ClaimTimes | undefined;

  /** Absent until the store has answered, and where it was not asked or its answer came too early to be believed. */
  get times(): ClaimTimes | undefined {
    return this.#times;
  }

  override make(): Maybe<ClaimAnswer> {
    if (this.#startedMs !== undefined) return super.make();
    this.#startedMs = performance.now();
    const answer = super.make();
    if (!isPromise(answer)) this.#end(seenOf(answer));
    else
      answer.then(
        (given) => this.#end(seenOf(given)),
        (error: unknown) => {
          if (error instanceof Refusal && error.code !== "nonces-starting") this.#end("doubtful");
        },
      );
    return answer;
  }

  #end(outcome: ClaimTimes["outcome"]): void {
    this.#times = { outcome, startedMs: this.#startedMs as number, endedMs: performance.now() };
  }
}

const seenOf = (answer: ClaimAnswer): "fresh" | "seen" => (answer === "fresh" ? answer : "seen");

/** How long a claim took, where that is measured and known. */
export const timesOf = (claim: NonceClaim | undefined): ClaimTimes | undefined =>
  claim instanceof TimedNonceClaim ? claim.times : undefined;
