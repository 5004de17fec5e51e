import { Refusal } from "../errors.js";
import { progressOf, type Permitted, type Timely } from "../flow.js";

/**
 * Holds the app against the scopes that a route asks for.
 * @throws Refusal `scope-insufficient` (403)
 */
export function checkScopes(timely: Timely, requiredScopes: readonly string[]): Permitted {
  const missing = requiredScopes.find((scope) => !timely.app.scopes.includes(scope));
  if (missing !== undefined) throw new Refusal("scope-insufficient", missing, progressOf(timely));
  return timely as Permitted;
}
