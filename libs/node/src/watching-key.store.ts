import {
  type App,
  CachedKeyStore,
  type CachedKeyStoreOptions,
  ConfigurationError,
} from "@lacre/core";

/** What may tell of its changes. */
export interface Watchable {
  /**
   * Where the source knows of changes, it tells them: called once, at the start. From the moment in which `changed(appId)`
   * is called, this app is looked up anew; `changed()` says it of all apps, as after a connection over which changes are
   * told was lost. Without it a change holds once `keyCache.ttlMs` are over.
   *
   * What it throws, or rejects with, ends the start. What it returns ends the subscription, and is called at shutdown.
   */
  watch?(changed: (appId?: string) => void): Unwatch | Promise<Unwatch>;
  /**
   * Whether it answers for the apps that it remembers alone, since it cannot be asked for others now. Unknown apps and wrong
   * MACs are then refused with 503 as well, or it would show strangers which apps there are; health stays up.
   */
  readonly isPartial?: boolean;
}

/** Ends a subscription; nothing where there is nothing to end. */
export type Unwatch = (() => void | Promise<void>) | void;

/** A cache in front of a source of apps, which may tell it of changes. */
export class WatchingKeyStore extends CachedKeyStore {
  readonly #source: Watchable;
  #unwatch: (() => void | Promise<void>) | undefined;

  /** @throws ConfigurationError */
  constructor(
    source: Watchable,
    load: (appId: string) => Promise<App | undefined>,
    options: CachedKeyStoreOptions,
  ) {
    super(load, options);
    this.#source = source;
    if (source.watch === undefined || typeof source.watch === "function") return;
    throw new ConfigurationError(
      "apps.watch",
      "must be a method.",
      "Write watch(changed) { … }, or leave it out.",
    );
  }

  override get overloaded(): boolean {
    return super.overloaded || this.#source.isPartial === true;
  }

  /** @throws what `watch` throws; ConfigurationError for what cannot end a subscription */
  async start(): Promise<void> {
    const unwatch = await this.#source.watch?.((appId?: unknown) =>
      // An event in place of an id may mean any app.
      this.changed(typeof appId === "string" ? appId : undefined),
    );
    if (unwatch !== undefined && typeof unwatch !== "function")
      throw new ConfigurationError(
        "apps.watch",
        "must return a function that ends the subscription, or nothing.",
        "Write watch(changed) { …; return () => subscription.unsubscribe(); }.",
      );
    this.#unwatch = unwatch ?? undefined;
  }

  async stop(): Promise<void> {
    const unwatch = this.#unwatch;
    this.#unwatch = undefined;
    await unwatch?.();
  }
}
