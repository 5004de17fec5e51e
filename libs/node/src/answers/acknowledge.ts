import type { Attempt } from "../attempt.js";

/**
 * Tells the sender of a repeat that its message has arrived, below whatever framework has the request: no filter of the
 * application makes a failure of it. Without content, so that no sender finds anything in it.
 */
export function acknowledge(attempt: Attempt): void {
  const { response } = attempt;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const [name, value] of attempt.takeOver()) response.setHeader(name, value);
  response.statusCode = 200;
  response.setHeader("Content-Length", "0");
  response.end();
}
