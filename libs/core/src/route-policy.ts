import { Refusal } from "./errors.js";
import { progressOf, type Intact, type Routed } from "./flow.js";
import type { Window } from "./replay.js";

/** What one route asks for beyond the minimum of the protocol. */
export interface RoutePolicy {
  /** The schemes that it takes. */
  readonly schemes: readonly string[];
  /** Headers that must be present and signed, in lower case. */
  readonly signedHeaders: readonly string[];
  /** Scopes that the app must have; 403 otherwise. */
  readonly scopes: readonly string[];
  /** Instead of the server's own. */
  readonly maxAgeSeconds?: number;
  /** The handler reads the content while it arrives. */
  readonly stream: boolean;
}

/**
 * Holds the request against the route's own rules.
 * @throws Refusal `scheme-refused`, `header-unsigned`
 */
export function checkRoute(intact: Intact, route: RoutePolicy): Routed {
  const { scheme, signedHeaders } = intact.claims;
  if (!route.schemes.includes(scheme))
    throw new Refusal("scheme-refused", scheme, progressOf(intact));
  const unsigned = route.signedHeaders.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) throw new Refusal("header-unsigned", unsigned, progressOf(intact));
  return intact as Routed;
}

/** The window of a route: the server's, with the route's own age. */
export function windowOf(route: RoutePolicy, window: Window): Window {
  return route.maxAgeSeconds === undefined
    ? window
    : { ...window, maxAgeSeconds: route.maxAgeSeconds };
}
