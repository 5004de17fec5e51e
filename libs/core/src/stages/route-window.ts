import type { Scheme } from "../scheme/scheme.js";
import type { Window } from "../window.js";
import type { RoutePolicy } from "./route-policy.js";

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
