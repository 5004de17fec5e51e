import type { App } from "../apps.js";

/** Finds the app behind an AppId. */
export interface KeyStore {
  /**
   * The app, or undefined when there is none of this id. Must throw when it cannot know: the request is then
   * refused with 503.
   */
  find(appId: string): App | undefined | Promise<App | undefined>;
  /** Whether the last look-up failed: for a store that answers from a cache in between. */
  readonly failing?: boolean;
}
