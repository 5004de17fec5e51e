import { Refusal } from "../errors.js";
import { progressOf, type Intact, type Routed } from "../flow.js";
import type { Scheme } from "../scheme/scheme.js";
import type { Window } from "../window.js";

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
  /** The most content that it takes, in bytes; without a bound unless said. */
  readonly maxBodyBytes?: number;
  /** The handler reads the content while it arrives. */
  readonly stream: boolean;
}

/**
 * Holds the request against the route's own rules.
 * @throws Refusal `scheme-refused`, `header-unsigned`
 */
export function checkRoute(intact: Intact, route: RoutePolicy): Routed {
  const { signedHeaders, presigned } = intact.claims;
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
  scheme: Pick<Scheme, "window">,
  window: Window,
): Window {
  return scheme.window === undefined && maxAgeSeconds === undefined
    ? window
    : { ...customWindow(scheme, window), ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) };
}

/** What was signed before the second of the start is refused, and nothing else. */
const BEFORE_THE_START = -1;

/** The server's window, with a scheme's own custom. */
export function customWindow({ window: custom }: Pick<Scheme, "window">, window: Window): Window {
  if (custom === undefined) return window;
  const { isTolerant = false, ...own } = custom;
  const { futureSkewSeconds = 0 } = own;
  const fence = isTolerant && futureSkewSeconds > window.futureSkewSeconds;
  return { ...window, ...own, ...(fence && { fenceSeconds: BEFORE_THE_START }) };
}

/** How old a request of this scheme may be where it may be oldest, in seconds. */
export function horizonOf(scheme: Scheme, routes: readonly RoutePolicy[], window: Window): number {
  const ages = routes
    .filter(({ schemes }) => schemes.includes(scheme.name))
    .map(({ maxAgeSeconds = 0 }) => maxAgeSeconds);
  return Math.max(scheme.window?.maxAgeSeconds ?? window.maxAgeSeconds, ...ages);
}
