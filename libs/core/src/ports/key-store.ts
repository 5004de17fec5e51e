import type { App } from "../apps.js";

/** Finds the app behind an AppId. */
export interface KeyStore {
  /**
   * The app, or undefined when there is none of this id. Must throw when it cannot know: the request is then
   * refused with 503.
   */
  find(appId: string): App | undefined | Promise<App | undefined>;
  /**
   * Whether the last look-up failed and some answers still come from a cache: unknown apps and wrong MACs are then
   * refused with 503 as well, and a health check is down.
   */
  readonly failing?: boolean;
  /**
   * Whether it turns some look-ups away because there are too many: unknown apps and wrong MACs are then refused with
   * 503 as well. The apps that it knows are served, so a health check stays up.
   */
  readonly overloaded?: boolean;
}
