import { ConfigurationError } from "@lacre/core";
import type { Dispatcher } from "undici";

type Handler = Dispatcher.DispatchHandler;

/**
 * Refuses a dispatcher that cannot be signed.
 * @throws ConfigurationError for one of undici 5 or 6, or of Bun's stand-in for undici
 */
export function refuseOld(dispatcher: Dispatcher): void {
  const given = dispatcher as Partial<Dispatcher> | undefined;
  // Version 6 composes too, but tells its interceptors in other words. It alone still has `interceptors`.
  if (typeof given?.compose === "function" && !("interceptors" in given)) return;
  throw new ConfigurationError(
    "dispatcher",
    "must be a dispatcher of the package undici, version 7 or later.",
    "Install undici@7, or use signFetch() with a fetch, as in Bun.",
  );
}

/** Whether this handler was made by another undici than the dispatcher, and speaks as version 6 did. */
export const isOld = (handler: Handler): boolean => typeof handler.onRequestStart !== "function";

/** Tells a handler, in its own words, that it belongs to another undici. */
export function refuseMixture(handler: Handler): boolean {
  const error = new ConfigurationError(
    "dispatcher",
    "is of another undici than the fetch or request that it was given to.",
    'Take both from one: import { Agent, fetch } from "undici".',
  );
  const old = handler as { onError?(error: Error): void };
  if (old.onError === undefined) throw error;
  old.onError(error);
  return true;
}
