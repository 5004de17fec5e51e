import { Refusal } from "../errors.js";
import { progressOf, type Permitted, type Timely } from "../flow.js";
import { noteOfScopes } from "./notes.js";

/**
 * Holds the app against the scopes that a route asks for.
 * @throws Refusal `scope-insufficient` (403)
 */
export function checkScopes(timely: Timely, requiredScopes: readonly string[]): Permitted {
  const missing = requiredScopes.find((scope) => !timely.app.scopes.includes(scope));
  if (missing === undefined) return timely as Permitted;
  const note = noteOfScopes(requiredScopes, timely.app.scopes);
  throw new Refusal("scope-insufficient", missing, { ...progressOf(timely), note });
}
