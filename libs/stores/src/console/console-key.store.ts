import { type AppDefinition, ConfigurationError, UnreadableAppError, within } from "@lacre/core";
import {
  readKeyStoreOptions,
  type ConsoleKeyStoreOptions,
  type KeyStoreSettings,
} from "./key-store-options.js";
import { RegistryFollower } from "./registry-follower.js";
import { RegistryMemory, type RememberedApp } from "./registry-memory.js";

/** Sooner than the module gives up, so that what is remembered can stand in. */
const READ_TIMEOUT_MS = 1_500;

/** Told that an app was changed; of all of them without an id. */
type Changed = (appId?: string) => void;

/**
 * Apps and keys from the console: a source for the option `apps` of HmacModule and createGate.
 *
 * **Two ways.** Over HTTP, `{ url, appId, apiKey }`: requests are signed, and no answer is believed that is not. From its
 * PostgreSQL, `{ databaseUrl, masterKey }`: the keys are opened here.
 *
 * **Changes** reach the module at once, and within `pollSeconds` where a message was lost; from then on the app is looked
 * up anew.
 *
 * **Outages.** Apps that were read go on for `outageSeconds` after the console was last heard. Any other is 503 at once,
 * and after that time all are. It comes back by itself.
 *
 * @example
 * HmacModule.forRoot({ apps: new ConsoleKeyStore({ url, appId: "orders-service", apiKey }), origins })
 */
export class ConsoleKeyStore {
  readonly #settings: KeyStoreSettings;
  readonly #memory: RegistryMemory;
  readonly #watchers = new Set<Changed>();
  readonly #follower: RegistryFollower;
  #starting: Promise<void> | undefined;
  #hasBegun = false;

  /** @throws ConfigurationError */
  constructor(options: ConsoleKeyStoreOptions) {
    this.#settings = readKeyStoreOptions(options);
    const { line, capacity } = this.#settings;
    const memory = new RegistryMemory(capacity);
    const tell = (appId?: string): void => {
      for (const changed of this.#watchers) changed(appId);
    };
    this.#memory = memory;
    this.#follower = new RegistryFollower(line, {
      ...this.#settings,
      told: {
        changed(appId) {
          memory.forget(appId);
          tell(appId);
        },
        doubted(lastContactMs) {
          memory.doubt(lastContactMs);
          tell();
        },
        expired() {
          memory.clear();
          tell();
        },
      },
    });
  }

  /** Whether the console cannot be asked: only apps that were read before are answered for. */
  get isPartial(): boolean {
    return this.#hasBegun && !this.#follower.isUp;
  }

  /**
   * The app as the console has it, or as it was last read while the console cannot be asked; undefined where there is
   * none, or it is disabled.
   * @throws UnreadableAppError for a record that is there and cannot be opened; any other error where it cannot know
   */
  find(appId: string): AppDefinition | undefined | Promise<AppDefinition | undefined> {
    return this.#hasBegun ? this.#find(appId) : this.#begin().then(() => this.#find(appId));
  }

  /**
   * Tells of each app that was changed. A console that cannot be reached yet does not end the start; one that refuses
   * this service does.
   * @throws ConfigurationError
   */
  async watch(changed: Changed): Promise<() => Promise<void>> {
    this.#watchers.add(changed);
    await this.#begin();
    return async () => {
      this.#watchers.delete(changed);
      if (this.#watchers.size === 0) await this.close();
    };
  }

  /** Follows changes no longer, and closes what was opened here. For whoever has not called `watch`. */
  async close(): Promise<void> {
    this.#follower.stop();
    await this.#settings.line.close();
  }

  #begin(): Promise<void> {
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<void> {
    try {
      await this.#follower.start();
    } catch (error) {
      if (error instanceof ConfigurationError) {
        await this.close();
        throw error;
      }
    }
    this.#hasBegun = true;
  }

  #find(appId: string): AppDefinition | Promise<AppDefinition | undefined> {
    const { clock } = this.#settings;
    const known = this.#memory.get(appId);
    const nowMs = clock.nowMs();
    const { isUp } = this.#follower;
    if (known !== undefined && (!isUp || nowMs < known.dueMs) && this.#isCovered(known, nowMs))
      return known.definition;
    if (!isUp)
      throw new Error("the console's registry cannot be asked, and this app is not remembered");
    return this.#read(appId, known);
  }

  async #read(appId: string, known: RememberedApp | undefined): Promise<AppDefinition | undefined> {
    const { clock, line, pollMs } = this.#settings;
    const reading = this.#memory.reading(appId, clock.nowMs());
    let isLate = true;
    const answer = line.read(appId).finally(() => (isLate = false));
    try {
      const definition = await within(READ_TIMEOUT_MS, answer);
      this.#memory.read(reading, definition);
      return definition;
    } catch (error) {
      if (error instanceof UnreadableAppError) this.#memory.read(reading, undefined);
      else this.#memory.unread(reading);
      if (isLate) this.#follower.doubt(error);
      const isKept = known !== undefined && this.#memory.get(appId) === known;
      if (!isKept || !this.#isCovered(known, clock.nowMs())) throw error;
      known.dueMs = clock.nowMs() + pollMs;
      return known.definition;
    }
  }

  #isCovered({ coveredMs }: RememberedApp, nowMs: number): boolean {
    return nowMs < (coveredMs ?? this.#follower.heardMs) + this.#settings.outageMs;
  }
}
