import {
  type Clock,
  ConfigurationError,
  count,
  custom,
  type LogSink,
  oneOf,
  type OptionsOf,
  port,
  readOptions,
  seconds,
  systemClock,
  text,
} from "@lacre/core";
import { StoreLog } from "../server/store-log.js";
import { CALLER_OPTIONS, callerOf, type CallerOptions } from "./caller-options.js";
import { type ConsolePool, DatabaseLine, readConsolePool } from "./database-line.js";
import { HttpLine } from "./http-line.js";
import type { KeyWrapper } from "./key-wrapper.js";
import { MasterKeyWrapper, readMasterKey } from "./master-key.js";
import type { RegistryLine } from "./registry-line.js";

/** How its database is read. */
const DATABASE_OPTIONS = {
  /** The address of the console's PostgreSQL. Opens a pool of its own, which needs the package `pg`. */
  databaseUrl: text({
    pattern: /^postgres(?:ql)?:\/\//, // and what it is instead is not shown: it may hold a password
    as: "the URL of a PostgreSQL server",
    example: "postgres://user:password@host:5432/console",
  }),
  /** A `pg.Pool` of yours on the console's database, in place of `databaseUrl`. It stays open. */
  pool: custom((pool: ConsolePool, at) => readConsolePool(pool, at), { example: "new pg.Pool()" }),
  /** The console's master key, as `CONSOLE_MASTER_KEY` has it: 32 bytes in base64. */
  masterKey: custom((key: string, at) => readMasterKey(key, at), {
    example: "process.env.CONSOLE_MASTER_KEY",
  }),
  /** What opens the keys, in place of `masterKey`: `new MasterKeyWrapper(current, before)`, for one. */
  wrapper: port<KeyWrapper>(["unwrap"], {}),
  /** Which records are read: `app` unless said otherwise. Those of kind `service` open the console alone. */
  kind: oneOf(["app", "service"], { default: "app" }),
};

/** How long, how often and how many. */
const LIMITS = {
  /** For how many seconds apps that were read go on while the console cannot be asked; 300 unless said otherwise. */
  outageSeconds: seconds({ from: 1, to: 86_400, default: 300 }),
  /** How often changes are looked for where nothing tells of them at once, in seconds; 2 unless said otherwise. */
  pollSeconds: seconds({ from: 1, to: 60, default: 2 }),
  /** How many apps are remembered at most; 10,000 unless said otherwise. */
  capacity: count({ from: 1, default: 10_000 }),
  /** Told when the console cannot be asked, and when it can again; the console of Node unless given. */
  logger: port<LogSink>([], { says: "the console of Node" }),
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

/** Options of a ConsoleKeyStore: those of one way to the registry, and whatever else is wanted. */
export interface ConsoleKeyStoreOptions
  extends Partial<CallerOptions>, OptionsOf<typeof DATABASE_OPTIONS>, OptionsOf<typeof LIMITS> {}

/** The options, checked. */
export interface KeyStoreSettings {
  readonly line: RegistryLine;
  readonly outageMs: number;
  readonly pollMs: number;
  readonly capacity: number;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** The console is asked to hold a question back for a part of the outage, so that a silent one is noticed in time. */
const waitSecondsOf = (outageSeconds: number): number =>
  Math.max(1, Math.min(20, Math.floor(outageSeconds / 10)));

/** @throws ConfigurationError */
export function readKeyStoreOptions(options: ConsoleKeyStoreOptions): KeyStoreSettings {
  const specs = { ...CALLER_OPTIONS, ...DATABASE_OPTIONS, ...LIMITS };
  const values = readOptions(specs, options, "ConsoleKeyStore", "");
  const { url, appId, apiKey, databaseUrl, pool, masterKey, wrapper } = values;
  const { outageSeconds, pollSeconds, capacity, clock, logger } = values;
  const settings = {
    outageMs: outageSeconds * 1_000,
    pollMs: pollSeconds * 1_000,
    capacity,
    clock,
    log: new StoreLog(logger),
  };
  const ways = [url, databaseUrl, pool].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw wrong("url", "or databaseUrl, or pool, must be given, and one of them.");
  if (url !== undefined) {
    if (masterKey !== undefined || wrapper !== undefined)
      throw wrong("masterKey", "is for the database: over HTTP the console opens the keys.");
    const line = new HttpLine(callerOf(values), waitSecondsOf(outageSeconds));
    return { ...settings, line };
  }
  if (appId !== undefined || apiKey !== undefined)
    throw wrong("appId", "and apiKey are for a console that is asked over HTTP.");
  if ((masterKey === undefined) === (wrapper === undefined))
    throw wrong("masterKey", "or wrapper must be given, and not both.");
  const opens = wrapper ?? new MasterKeyWrapper(masterKey as Uint8Array);
  const place = pool === undefined ? { databaseUrl: databaseUrl as string } : { pool };
  return { ...settings, line: new DatabaseLine(place, opens, values.kind) };
}

const wrong = (option: string, problem: string): ConfigurationError =>
  new ConfigurationError(
    option,
    problem,
    "Write new ConsoleKeyStore({ url, appId, apiKey }) or new ConsoleKeyStore({ databaseUrl, masterKey }).",
  );
