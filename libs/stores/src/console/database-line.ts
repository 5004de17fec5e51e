import { type AppDefinition, ConfigurationError, UnreadableAppError, within } from "@lacre/core";
import { codeOf, explain, importPg } from "../postgres/postgres-pool.js";
import type { KeyWrapper } from "./key-wrapper.js";
import type { RegistryLine, RegistryNews } from "./registry-line.js";
import { RegistryReader, type ConsoleQueries, type RegistryKind } from "./registry-reader.js";

/** The console's database: `pg.Pool` has it. */
export interface ConsolePool extends ConsoleQueries {
  /** Lends a connection, on which changes are told. Without it they are looked for now and then. */
  connect?(): Promise<ConsoleConnection>;
}

/** A connection of a pool, for as long as it is lent. */
export interface ConsoleConnection {
  query(text: string): Promise<unknown>;
  on(event: "notification" | "error" | "end", heard: () => void): unknown;
  release(destroy?: boolean): void;
  /** A process with nothing else to do may end. */
  unref?(): void;
}

/** A pool that was opened here. */
interface OwnPool extends ConsolePool {
  end(): Promise<void>;
}

/** Where the database is: a pool, or the address by which one is opened. */
export type DatabasePlace = { readonly pool: ConsolePool } | { readonly databaseUrl: string };

const CONNECT_TIMEOUT_MS = 2_000;
const CONNECTIONS = 5;
/** What waiting does not mend: a wrong password, no such database, no such table, no right to read it. */
const LASTING = ["28P01", "28000", "3D000", "42P01", "42703", "42501"];
/** As the console names it. */
const CHANNEL = "lacre_console";

/** Reads the registry from the console's own tables. */
export class DatabaseLine implements RegistryLine {
  readonly waits = false;
  readonly #place: DatabasePlace;
  readonly #wrapper: KeyWrapper;
  readonly #kind: RegistryKind;
  #opening: Promise<{ pool: ConsolePool; reader: RegistryReader }> | undefined;
  #own: OwnPool | undefined;
  #ear: ConsoleConnection | undefined;

  constructor(place: DatabasePlace, wrapper: KeyWrapper, kind: RegistryKind) {
    this.#place = place;
    this.#wrapper = wrapper;
    this.#kind = kind;
  }

  read(appId: string): Promise<AppDefinition | undefined> {
    return this.#ask((reader) => reader.read(appId));
  }

  news(after: number | undefined): Promise<RegistryNews> {
    return this.#ask((reader) => reader.news(after));
  }

  /** What a driver says may repeat the address, and its password. */
  async #ask<Answer>(question: (reader: RegistryReader) => Promise<Answer>): Promise<Answer> {
    try {
      return await question((await this.#open()).reader);
    } catch (error) {
      if (error instanceof UnreadableAppError || error instanceof ConfigurationError) throw error;
      const reason = `the console's database cannot be read: ${explain(error)}`;
      if (!LASTING.includes(codeOf(error) ?? "")) throw new Error(reason);
      throw new ConfigurationError(
        "pool" in this.#place ? "pool" : "databaseUrl",
        `${reason}.`,
        "Give the database of a console that has been started, and a role that may read apps, keys and registry_changes.",
      );
    }
  }

  /** Listens, unless it does already. A connection that breaks is told as news: then it is listened anew. */
  async listen(wake: () => void): Promise<void> {
    const { pool } = await this.#open();
    if (this.#ear !== undefined || pool.connect === undefined) return;
    const ear = await inTime(pool.connect());
    const lost = (): void => {
      if (this.#ear !== ear) return;
      this.#ear = undefined;
      ear.release(true);
      wake();
    };
    this.#ear = ear;
    ear.on("notification", wake);
    ear.on("error", lost);
    ear.on("end", lost);
    try {
      await within(CONNECT_TIMEOUT_MS, ear.query(`LISTEN ${CHANNEL}`));
      ear.unref?.();
    } catch (error) {
      lost();
      throw error;
    }
  }

  async close(): Promise<void> {
    const ear = this.#ear;
    this.#ear = undefined;
    ear?.release(true);
    await this.#own?.end();
  }

  #open() {
    return (this.#opening ??= this.#openPool().then(
      (pool) => ({ pool, reader: new RegistryReader(pool, this.#wrapper, this.#kind) }),
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    ));
  }

  async #openPool(): Promise<ConsolePool> {
    if ("pool" in this.#place) return this.#place.pool;
    const { Pool } = (await importPg("databaseUrl")) as typeof import("pg");
    const pool = new Pool({
      connectionString: this.#place.databaseUrl,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      allowExitOnIdle: true,
      application_name: "lacre-registry",
    });
    pool.on("error", () => undefined); // of an idle connection: the next statement opens another one
    this.#own = pool;
    return pool;
  }
}

/** A connection that comes later is given back: nobody would hear when it breaks. */
async function inTime(connecting: Promise<ConsoleConnection>): Promise<ConsoleConnection> {
  try {
    return await within(CONNECT_TIMEOUT_MS, connecting);
  } catch (error) {
    connecting.then(
      (late) => late.release(true),
      () => undefined,
    );
    throw error;
  }
}

/**
 * Checks the option `pool`.
 * @throws ConfigurationError for a client, and for what has no query()
 */
export function readConsolePool(pool: ConsolePool, at: string): ConsolePool {
  const { query, release } = ((pool as unknown) ?? {}) as Record<string, unknown>;
  if (typeof query === "function" && typeof release !== "function") return pool;
  throw new ConfigurationError(
    at,
    typeof query === "function" ? "is a client that was taken from a pool." : "has no query().",
    "Give a pg.Pool.",
  );
}
