import type { App } from "../apps/apps.js";
import type { KeyStore } from "../ports/key-store.js";

/** Apps that are known from the start. */
export class MemoryKeyStore implements KeyStore {
  readonly #apps: ReadonlyMap<string, App>;

  constructor(apps: Iterable<App>) {
    this.#apps = new Map(Array.from(apps, (app) => [app.appId, app]));
  }

  find(appId: string): App | undefined {
    return this.#apps.get(appId);
  }
}
