import { Refusal } from "../errors.js";
import { progressOf, type Permitted } from "../flow.js";
import type { ClaimAnswer } from "./nonce-claim.js";

/** That the message of a repeat is under way is no reason to acknowledge it: it would be lost if that fails. */
export function refusalOfRepeat(
  answer: Exclude<ClaimAnswer, "fresh">,
  permitted: Permitted,
): Refusal {
  const progress = progressOf(permitted);
  if (permitted.scheme.redelivery?.duplicates !== "acknowledge")
    return new Refusal("nonce-seen", undefined, progress);
  if (answer === "done") return new Refusal("nonce-done", undefined, progress);
  return new Refusal("nonce-under-way", undefined, { ...progress, note: UNDER_WAY });
}

const UNDER_WAY = "the same message came before, and nothing is known yet of what became of it";
