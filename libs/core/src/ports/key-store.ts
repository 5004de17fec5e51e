import type { App } from "../apps/apps.js";

/** Finds the app behind an AppId. */
export interface KeyStore {
  /**
   * The app, or undefined when there is none of this id. Must throw when it cannot know: the request is then
   * refused with 503, as `app-unreadable` for an `UnreadableAppError`, as `keys-unavailable` otherwise.
   */
  find(appId: string): App | undefined | Promise<App | undefined>;
  /**
   * Whether the last look-up failed and some answers still come from a cache: unknown apps and wrong MACs are then
   * refused with 503 as well, and a health check is down. An `UnreadableAppError` is no such failure.
   */
  readonly failing?: boolean;
  /**
   * Whether it turns some look-ups away because there are too many: unknown apps and wrong MACs are then refused with
   * 503 as well. The apps that it knows are served, so a health check stays up.
   */
  readonly overloaded?: boolean;
  /**
   * Asks the source again after a failure. Resolves whatever comes of it, and within a bound: `failing` says. A health
   * check calls it, since nothing else does in a process that is out of service. Any number of calls at once are one
   * question.
   */
  recheck?(): Promise<void>;
  /** Called once, before the first request. What it throws ends the start. */
  start?(): Promise<void>;
  /** Ends what `start` began. Called once, after it. */
  stop?(): Promise<void>;
}

/**
 * Thrown by a source that could be asked, for a record that cannot be read: it is not to be decrypted or not to be
 * parsed, say. The requests of this one app are refused with 503, and nothing else changes. The message goes to the
 * log: it says what is wrong, and holds no secret.
 */
export class UnreadableAppError extends Error {
  override readonly name = "UnreadableAppError";
}
