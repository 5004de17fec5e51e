import { conclude, type Outcome } from "@lacre/core";
import type { Attempt } from "../attempt.js";
import { settleAnswer } from "./settled-answer.js";

/** Whoever is told that the outcome of a request could not be noted. */
export interface OutcomeLosses {
  outcomeLost(attempt: Attempt, error: unknown): void;
}

/**
 * Has the end of a request's answer tell what became of it, where its claim is held. Asked with each admission, before
 * anything holds the answer back for the content's sake, so that it sees what is sent in its place.
 */
export function noteOutcome(attempt: Attempt, losses: OutcomeLosses): void {
  const { arrival, response } = attempt;
  if (arrival.kind !== "readable" || attempt.isSettled) return;
  const { verification } = arrival;
  if (verification.held.length === 0) return;
  attempt.isSettled = true;
  settleAnswer(response, {
    settle: (status) => {
      const outcome = outcomeOf(attempt, status);
      return outcome && conclude(verification.held, outcome);
    },
    failed: (error) => losses.outcomeLost(attempt, error),
  });
}

/** What is to come again later, by its status: RFC 9110 §15.5.9 and §15.6, RFC 8470 §5.2, RFC 6585 §4. */
const AGAIN_LATER = new Set([408, 425, 429]);

/**
 * What became of a request that was let in once. Not known where something here has refused it since: a handler may have
 * run before, and the message has not got where it was to go.
 */
function outcomeOf({ standing }: Attempt, status: number): Outcome | undefined {
  if (status >= 500 || AGAIN_LATER.has(status)) return "failed";
  return standing.kind === "refused" ? undefined : "done";
}
