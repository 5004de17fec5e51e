import { Refusal } from "../errors.js";
import { progressOf, type Permitted, type Timely } from "../flow.js";
import { noteOfAddress, noteOfScopes } from "./notes.js";

/**
 * Holds the request against the networks of its app, and the app against the scopes that a route asks for.
 * @throws Refusal `network-not-allowed`, `scope-insufficient` (403)
 */
export function checkPermission(timely: Timely, requiredScopes: readonly string[]): Permitted {
  const { networks, scopes } = timely.app;
  if (networks !== undefined && !networks.has(timely.head.sender?.address)) {
    const note = noteOfAddress(timely.head.sender?.address, networks);
    throw new Refusal("network-not-allowed", undefined, { ...progressOf(timely), note });
  }
  const missing = requiredScopes.find((scope) => !scopes.includes(scope));
  if (missing === undefined) return timely as Permitted;
  const note = noteOfScopes(requiredScopes, scopes);
  throw new Refusal("scope-insufficient", missing, { ...progressOf(timely), note });
}
