import { Refusal } from "./errors.js";
import { progressOf, type Intact, type Routed } from "./flow.js";
import type { Window } from "./window.js";

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
  /** How long a presigned URL may live that is taken here; none is taken unless said. */
  readonly presignedSeconds?: number;
  /** Takes each request once, even where its scheme would let it be repeated. */
  readonly once?: boolean;
  /** The handler reads the content while it arrives. */
  readonly stream: boolean;
}

/**
 * Holds the request against the route's own rules.
 * @throws Refusal `scheme-refused`, `header-unsigned`
 */
export function checkRoute(intact: Intact, route: RoutePolicy): Routed {
  const { scheme, signedHeaders, presigned } = intact.claims;
  if (!route.schemes.includes(scheme))
    throw new Refusal("scheme-refused", scheme, progressOf(intact));
  const { presignedSeconds = 0 } = route;
  if (presigned !== undefined && presigned.expiresSeconds > presignedSeconds)
    throw new Refusal(
      "scheme-refused",
      `a presigned URL for ${presigned.expiresSeconds} s, where ${presignedSeconds} are the most`,
      progressOf(intact),
    );
  const unsigned = route.signedHeaders.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) throw new Refusal("header-unsigned", unsigned, progressOf(intact));
  return intact as Routed;
}

/** The window of a route: the server's, with the scheme's own custom, with the route's own age. */
export function windowOf(
  { maxAgeSeconds }: RoutePolicy,
  custom: Partial<Window> | undefined,
  window: Window,
): Window {
  return custom === undefined && maxAgeSeconds === undefined
    ? window
    : { ...window, ...custom, ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) };
}
