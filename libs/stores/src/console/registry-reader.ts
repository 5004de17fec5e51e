import { type AppDefinition, type KeyDefinition, UnreadableAppError } from "@lacre/core";
import type { KeyWrapper } from "./key-wrapper.js";
import type { RegistryNews } from "./registry-line.js";
import { openSecret } from "./sealed-secret.js";

/** What is asked of a database: `pg.Pool` has it. */
export interface ConsoleQueries {
  query(query: ConsoleQuery): Promise<{ readonly rows: unknown[] }>;
}

export interface ConsoleQuery {
  readonly text: string;
  // Not readonly: pg's own type is not.
  values?: unknown[];
  /** Milliseconds after which pg gives the connection up. */
  readonly query_timeout?: number;
}

/** `app`: calls services. `service`: reads the registry and tells verdicts; such keys open the console alone. */
export type RegistryKind = "app" | "service";

/** A database that answers later has failed. */
const QUERY_TIMEOUT_MS = 2_000;
/** Of one app. Those that have ended come last: they serve to say which of them made a MAC. */
const MOST_KEYS = 64;
/** More changes at once are told as a change of everything. */
const MOST_CHANGED = 1_000;

const MOMENT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const moment = (column: string): string => `to_char(${column} at time zone 'UTC', ${MOMENT})`;

/** As JSON in one text: what drivers make of dates, arrays and bytes differs. */
const APP = `
  select json_build_object(
    'appId', a.id, 'scopes', a.scopes, 'networks', a.networks, 'limits', a.limits,
    'attributes', a.attributes,
    'keys', (select coalesce(json_agg(k), '[]') from (
      select id, scheme, algorithm, encoding, state, ${moment("not_before")} as "notBefore",
        ${moment("expires_at")} as "expiresAt", encode(secret_sealed, 'hex') as sealed,
        encode(secret_wrapped_key, 'hex') as "wrappedKey", secret_wrapped_by as "wrappedBy",
        (state = 'revoked' or coalesce(expires_at <= now(), false)) as ended
      from keys where app_id = a.id order by ended, created_at desc limit ${MOST_KEYS}) k)
  )::text as record
  from apps a where a.id = $1 and a.kind = $2 and a.state = 'active'`;

/** In one statement, and so of one moment. */
const NEWS = `
  select coalesce(max(seq), 0)::text as head, coalesce(min(seq), 0)::text as oldest,
    (select coalesce(json_agg(c.app_id), '[]')::text from
      (select distinct app_id from registry_changes where seq > $1 limit ${MOST_CHANGED + 1}) c
    ) as changed
  from registry_changes`;

interface KeyRow {
  readonly id: string;
  readonly scheme: string;
  readonly algorithm: KeyDefinition["algorithm"];
  readonly encoding: KeyDefinition["encoding"];
  readonly state: KeyDefinition["state"];
  readonly notBefore: string;
  readonly expiresAt: string | null;
  readonly sealed: string;
  readonly wrappedKey: string;
  readonly wrappedBy: string;
  readonly ended: boolean;
}

type AppRow = Required<Pick<AppDefinition, "appId" | "scopes" | "networks" | "attributes">> & {
  readonly limits: AppDefinition["limits"] | null;
  readonly keys: readonly KeyRow[];
};

/** Reads apps, opened, and what has changed, from the console's tables. Keeps nothing. */
export class RegistryReader {
  readonly #database: ConsoleQueries;
  readonly #wrapper: KeyWrapper;
  readonly #kind: RegistryKind;

  constructor(database: ConsoleQueries, wrapper: KeyWrapper, kind: RegistryKind = "app") {
    this.#database = database;
    this.#wrapper = wrapper;
    this.#kind = kind;
  }

  /**
   * The app with its keys; undefined where there is none of this kind that is active.
   * @throws UnreadableAppError for a key that the master keys here do not open
   */
  async read(appId: string): Promise<AppDefinition | undefined> {
    const [found] = (await this.#ask(APP, [appId, this.#kind])) as { record: string }[];
    if (found === undefined) return undefined;
    const { keys, limits, networks, ...app } = JSON.parse(found.record) as AppRow;
    const opened = await Promise.all(keys.map((key) => this.#open(key)));
    return {
      ...app,
      ...(networks.length > 0 && { networks }),
      ...(limits !== null && { limits }),
      keys: opened.filter((key) => key !== undefined),
    };
  }

  async #open(row: KeyRow): Promise<KeyDefinition | undefined> {
    const { id, scheme, algorithm, encoding, state, notBefore, expiresAt, wrappedBy } = row;
    const sealed = Buffer.from(row.sealed, "hex");
    const wrappedKey = Buffer.from(row.wrappedKey, "hex");
    let secret: Uint8Array;
    try {
      secret = await openSecret({ sealed, wrappedKey, wrappedBy }, `key:${id}`, this.#wrapper);
    } catch {
      if (row.ended) return undefined; // it would have opened nothing
      // Not what went wrong: a service that unwraps may say whatever it likes.
      throw new UnreadableAppError(
        `the key ${id} cannot be opened: it is sealed under the master key ${wrappedBy}`,
      );
    }
    return {
      id,
      apiKey: Buffer.from(secret).toString("utf8"),
      encoding,
      algorithm,
      schemes: [scheme],
      state,
      notBefore,
      ...(expiresAt !== null && { expiresAt }),
    } as KeyDefinition;
  }

  /** What has changed after a number; without one, the number of the last change. */
  async news(after?: number): Promise<RegistryNews> {
    const rows = await this.#ask(NEWS, [after ?? Number.MAX_SAFE_INTEGER]);
    const row = rows[0] as { head: string; oldest: string; changed: string };
    const seq = Number(row.head);
    const changed = JSON.parse(row.changed) as string[];
    // Older rows were removed, or the database is another one than before: of a copy, say.
    const isBroken = after === undefined || after > seq || after < Number(row.oldest) - 1;
    return { seq, changed: isBroken || changed.length > MOST_CHANGED ? "all" : changed };
  }

  async #ask(text: string, values: unknown[]): Promise<unknown[]> {
    const { rows } = await this.#database.query({ text, values, query_timeout: QUERY_TIMEOUT_MS });
    return rows;
  }
}
