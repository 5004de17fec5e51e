import type { AppDefinition } from "@lacre/core";

/** An app as it was read, and what is known of it since. */
export interface RememberedApp {
  readonly definition: AppDefinition;
  /** From when on it is read again before it is used, if the registry can be asked. */
  dueMs: number;
  /** Until when its changes were told, where they no longer are; undefined: until the last contact. */
  coveredMs: number | undefined;
}

/** Changes are told. That one was missed all the same, as where the database was put back, ends after this. */
const REREAD_MS = 60_000;

/** The apps that were read, as they stood then: what goes on while the registry cannot be asked. */
export class RegistryMemory {
  readonly #capacity: number;
  /** The one used longest ago first. */
  readonly #apps = new Map<string, RememberedApp>();
  readonly #readings = new Set<Reading>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(appId: string): RememberedApp | undefined {
    const app = this.#apps.get(appId);
    if (app === undefined) return undefined;
    this.#apps.delete(appId);
    this.#apps.set(appId, app);
    return app;
  }

  /** Notes that an app is being read from now on: what is told of it meanwhile counts for what comes of that. */
  reading(appId: string, nowMs: number): Reading {
    const reading = { appId, beganMs: nowMs, isStale: false };
    this.#readings.add(reading);
    return reading;
  }

  /** The end of a reading, and what came of it: nothing where there is no such app, or it cannot be opened. */
  read(reading: Reading, definition: AppDefinition | undefined): void {
    this.#readings.delete(reading);
    if (reading.isStale) return;
    this.#apps.delete(reading.appId);
    if (definition === undefined) return;
    const dueMs = reading.beganMs + REREAD_MS;
    this.#apps.set(reading.appId, { definition, dueMs, coveredMs: undefined });
    const [oldest] = this.#apps.keys();
    if (this.#apps.size > this.#capacity && oldest !== undefined) this.#apps.delete(oldest);
  }

  /** The end of a reading that failed. */
  unread(reading: Reading): void {
    this.#readings.delete(reading);
  }

  /** The app has changed: what was read before is used no more, whatever happens. */
  forget(appId: string): void {
    this.#apps.delete(appId);
    for (const reading of this.#readings) if (reading.appId === appId) reading.isStale = true;
  }

  /** Any of them may have changed: each is read again, and used as it is only while the registry cannot be asked. */
  doubt(coveredMs: number): void {
    for (const app of this.#apps.values()) {
      app.dueMs = -Infinity;
      app.coveredMs ??= coveredMs;
    }
    for (const reading of this.#readings) reading.isStale = true;
  }

  /** Nothing of it may be used any more. */
  clear(): void {
    this.#apps.clear();
    for (const reading of this.#readings) reading.isStale = true;
  }
}

/** An app that is being read. */
export interface Reading {
  readonly appId: string;
  readonly beganMs: number;
  isStale: boolean;
}
