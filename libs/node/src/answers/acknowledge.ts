import type { Attempt, Refused } from "../attempt.js";

/**
 * Tells the sender of a repeat that its message has arrived, below whatever framework has the request: no filter of the
 * application makes a failure of it. Without content, so that no sender finds anything in it.
 * @returns false where it is to be refused as all others are: one resolver of several does not answer for all
 */
export function acknowledge(attempt: Attempt, { answer }: Refused): boolean {
  if (answer.status !== 200 || attempt.isShared) return false;
  const { response } = attempt;
  if (response.headersSent) response.destroy();
  else {
    for (const [name, value] of attempt.takeOver()) response.setHeader(name, value);
    response.statusCode = 200;
    response.setHeader("Content-Length", "0");
    response.end();
  }
  return true;
}
