import {
  type App,
  type AppDefinition,
  type AppsDefinition,
  type CachedKeyStoreOptions,
  type Clock,
  type KeyDefinition,
  type KeyStore,
  type LogSink,
  MemoryKeyStore,
  readApp,
  readApps,
  reasonOf,
  SafeLogger,
  type Scheme,
  UnreadableAppError,
} from "@lacre/core";
import { type Watchable, WatchingKeyStore } from "./watching-key.store.js";

/** Where apps come from when there are too many for a configuration. */
export interface AppSource extends Watchable {
  /**
   * The app of this id, or undefined when there is none.
   *
   * Throws when it cannot know, as in an outage: the request is then refused with 503, wrong MACs of all apps are too,
   * and health is down, until a look-up is answered. Throws `UnreadableAppError` for a record that it has and cannot
   * read: then the requests of this one app are refused with 503, and nothing else changes.
   */
  find(appId: string): Promise<AppDefinition | undefined> | AppDefinition | undefined;
}

/** What a key store is made with, beside the apps. */
export interface KeyStoreTerms {
  readonly schemes: readonly Scheme[];
  readonly keyCache: CachedKeyStoreOptions;
  readonly clock: Clock;
  /** Is told of records that cannot be read. */
  readonly log: LogSink;
}

/**
 * The key store behind the options `apps` and `keyCache`.
 * @throws ConfigurationError
 */
export function readKeys(
  apps: AppsDefinition | AppSource,
  { schemes, keyCache, clock, log }: KeyStoreTerms,
): KeyStore {
  if (!isAppSource(apps)) return new MemoryKeyStore(readApps(apps, schemes));
  const load = async (appId: string) => {
    const definition = await apps.find(appId);
    return definition === undefined || definition === null
      ? undefined
      : readRecord(appId, definition, schemes);
  };
  const logger = new SafeLogger(log);
  const onUnreadable = (appId: string, error: UnreadableAppError): void =>
    logger.error(`app ${appId} cannot be read, and is refused with 503: ${reasonOf(error)}`);
  return new WatchingKeyStore(apps, load, { ...keyCache, clock, onUnreadable });
}

function isAppSource(apps: AppsDefinition | AppSource): apps is AppSource {
  return !Array.isArray(apps) && typeof (apps as AppSource).find === "function";
}

/** The source has answered: whatever is wrong now is wrong with this record alone. */
function readRecord(appId: string, definition: AppDefinition, schemes: readonly Scheme[]): App {
  let app: App;
  try {
    app = readApp(withKnownSchemes(definition, schemes), schemes, `app ${appId}`);
  } catch (error) {
    throw new UnreadableAppError((error as Error).message, { cause: error });
  }
  if (app.appId !== appId)
    throw new UnreadableAppError(`the app source answered with another app than ${appId}.`);
  return app;
}

/** Without the keys of schemes that are not enabled here: in a rolling deploy, another process may have them already. */
function withKnownSchemes(definition: AppDefinition, schemes: readonly Scheme[]): AppDefinition {
  const { keys } = definition;
  if (!Array.isArray(keys)) return definition;
  const isKnown = (key: Partial<KeyDefinition> | null): boolean =>
    !Array.isArray(key?.schemes) || schemes.some(({ name }) => name === key?.schemes?.[0]);
  return { ...definition, keys: (keys as KeyDefinition[]).filter(isKnown) };
}
