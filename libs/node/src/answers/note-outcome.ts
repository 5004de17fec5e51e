import { concludeClaims, type Outcome } from "@lacre/core";
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
      return outcome && concludeClaims(verification.held, outcome);
    },
    failed: (error) => losses.outcomeLost(attempt, error),
  });
}

/**
 * What became of a request that was let in once. Done is what its sender counts as delivered and nothing else: whoever
 * overheard a message may have sent the copy that was answered with 400, of a type or to a route that its handler cannot
 * take, and the sender's own attempt must still come in. Not known where a rule here has refused it since: a handler may
 * have run before, and would run with each attempt, though the message cannot get where it was to go.
 */
function outcomeOf({ standing }: Attempt, status: number): Outcome | undefined {
  if (standing.kind === "refused" && status < 500) return undefined;
  return status >= 400 ? "failed" : "done";
}
