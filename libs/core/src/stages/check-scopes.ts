import { Refusal } from "../errors.js";
import { progressOf, type Permitted, type Timely } from "../flow.js";

/**
 * Holds the app against the scopes that a route asks for.
 * @throws Refusal `scope-insufficient` (403)
 */
export function checkScopes(timely: Timely, requiredScopes: readonly string[]): Permitted {
  const missing = requiredScopes.find((scope) => !timely.app.scopes.includes(scope));
  if (missing === undefined) return timely as Permitted;
  const { scopes } = timely.app;
  const lacks = requiredScopes.filter((scope) => !scopes.includes(scope));
  const note = `the app lacks ${listOf(lacks)}; it has ${scopes.length === 0 ? "no scopes" : listOf(scopes)}`;
  throw new Refusal("scope-insufficient", missing, { ...progressOf(timely), note });
}

const MAX_LISTED = 10;

const listOf = (scopes: readonly string[]): string =>
  scopes.length > MAX_LISTED
    ? `${scopes.slice(0, MAX_LISTED).join(", ")} and ${scopes.length - MAX_LISTED} more`
    : scopes.join(", ");
