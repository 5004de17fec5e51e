import {
  ConfigurationError,
  custom,
  flag,
  milliseconds,
  readOptions,
  text,
  within,
  type OptionsOf,
} from "@lacre/core";
import type { WebhookAttempt } from "../webhook-attempt.js";
import type {
  DeliveryQuery,
  EndpointState,
  FailedSince,
  NewDelivery,
  Settled,
  SettledAttempt,
  TakenDelivery,
  TakeTerms,
  WebhookDelivery,
  WebhookQueue,
} from "../webhook-queue.js";
import { statementsFor } from "./queue-sql.js";

/** What can be asked: a `pg.Pool`, a client of one within a transaction, or PGlite. */
export interface SqlClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
}

const OPTIONS = {
  /** A `pg.Pool` of yours, or PGlite. It stays yours to close. */
  pool: custom(readPool, { required: true, example: "new pg.Pool({ connectionString })" }),
  /** `lacre_webhooks` unless given; `<table>_endpoints` and indexes go with it. */
  table: text({ default: "lacre_webhooks", example: "lacre_webhooks" }),
  /** Where the tables are; where the connection's search path says, unless given. */
  schema: text({ example: "public", says: "the search path's" }),
  /** Whether missing tables are created; true unless given. See `WEBHOOK_TABLE_SQL`. */
  createTable: flag({ default: true }),
  /** How long an answer of the database is waited for; 30,000 unless given. */
  queryTimeoutMs: milliseconds({ from: 100, to: 600_000, default: 30_000 }),
};

export interface PostgresWebhookQueueOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * A queue in PostgreSQL, which several processes share, by the database's clock. What a process held that was killed is
 * taken over after its lease.
 */
export class PostgresWebhookQueue implements WebhookQueue {
  readonly #pool: SqlClient;
  readonly #sql: ReturnType<typeof statementsFor>;
  readonly #createTable: boolean;
  readonly #timeoutMs: number;
  #opening: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(options: PostgresWebhookQueueOptions) {
    const read = readOptions(OPTIONS, options, "PostgresWebhookQueue", "");
    this.#pool = read.pool;
    this.#createTable = read.createTable;
    this.#timeoutMs = read.queryTimeoutMs;
    this.#sql = statementsFor(read.table, read.schema);
  }

  /** Makes the tables where they are missing; so does whatever comes first. */
  start(): Promise<void> {
    const opening = (this.#opening ??= this.#open());
    // A server that was away for a moment is asked again.
    opening.catch(() => (this.#opening = undefined));
    return opening;
  }

  /**
   * @param transaction a client, such as one of the pool, whose transaction the delivery is to be part of. The tables must
   * be there: a process that does not deliver calls `start` once
   */
  async add(delivery: NewDelivery, transaction?: unknown): Promise<WebhookDelivery> {
    const client = transaction === undefined ? undefined : readPool(transaction, "transaction");
    const { id, endpointId, messageId, content, contentType } = delivery;
    const values = [id, endpointId, messageId, content, contentType];
    const [row] = await this.#ask(this.#sql.add, values, client);
    if (row !== undefined) return viewOf(row);
    const [other] = await this.#ask(this.#sql.ofMessage, [endpointId, messageId], client);
    if (other === undefined) throw new Error("the delivery was added and removed at once");
    return viewOf(other);
  }

  async take({ count, perEndpoint, leaseMs }: TakeTerms): Promise<readonly TakenDelivery[]> {
    const rows = await this.#ask<TakenRow>(this.#sql.take, [count, perEndpoint, leaseMs]);
    return rows
      .toSorted((a, b) => a.dueAtMs - b.dueAtMs)
      .map(({ dueAtMs: _dueAtMs, ...taken }) => taken);
  }

  async settle({ id, lease }: TakenDelivery, result: SettledAttempt): Promise<Settled> {
    const { state, attempt, retryInMs = 0, isUnsent = false } = result;
    const values = [id, lease, state, JSON.stringify([attempt]), Math.round(retryInMs), isUnsent];
    const [row] = await this.#ask<{ failingForMs: number }>(this.#sql.settle, values);
    return { isKept: row !== undefined, failingForMs: row?.failingForMs ?? 0 };
  }

  async pause(endpointId: string, reason: string): Promise<boolean> {
    return (await this.#ask(this.#sql.pause, [endpointId, reason])).length > 0;
  }

  async resume(endpointId: string): Promise<boolean> {
    const [row] = await this.#ask<{ wasPaused: boolean }>(this.#sql.resume, [endpointId]);
    return row?.wasPaused === true;
  }

  async endpoint(endpointId: string): Promise<EndpointState> {
    const [row] = await this.#ask<EndpointState>(this.#sql.endpoint, [endpointId]);
    return { failingSinceMs: null, pausedAtMs: null, reason: null, ...row };
  }

  async find(id: string): Promise<WebhookDelivery | undefined> {
    const [row] = await this.#ask(this.#sql.one, [id]);
    return row && viewOf(row);
  }

  async list({ endpointId, state, limit, after }: DeliveryQuery) {
    const page = [after?.createdAtMs ?? null, after?.id ?? null, limit];
    const rows = await this.#ask(this.#sql.list, [endpointId ?? null, state ?? null, ...page]);
    return rows.map(viewOf);
  }

  async replay(id: string): Promise<boolean> {
    return (await this.#ask(this.#sql.replay, [id])).length > 0;
  }

  async replayFailed({ sinceMs, endpointId }: FailedSince): Promise<number> {
    const values = [Math.ceil(sinceMs), endpointId ?? null];
    return (await this.#ask(this.#sql.replayFailed, values)).length;
  }

  async removeEnded(olderThanMs: number): Promise<number> {
    return (await this.#ask(this.#sql.removeEnded, [Math.round(olderThanMs)])).length;
  }

  /** @param client whose transaction it is part of, where it is one */
  async #ask<Row = ViewRow>(sql: string, values: unknown[], client?: SqlClient): Promise<Row[]> {
    // Another connection might wait for that transaction.
    if (client === undefined) await this.start();
    const { rows } = await this.#query(sql, values, client);
    return rows as Row[];
  }

  #query(sql: string, values: unknown[] = [], client = this.#pool) {
    return within(this.#timeoutMs, client.query(sql, values));
  }

  async #open(): Promise<void> {
    const { rows } = await this.#query(this.#sql.find);
    if ((rows[0] as { found?: unknown }).found === true) return;
    if (!this.#createTable)
      throw new ConfigurationError(
        "createTable",
        "is false, and the tables are not there.",
        "Run the SQL of WEBHOOK_TABLE_SQL() in your migrations.",
      );
    await this.#query(this.#sql.create);
  }
}

type ViewRow = Omit<WebhookDelivery, "log"> & { readonly log: string };
type TakenRow = TakenDelivery & { readonly dueAtMs: number };

const viewOf = (row: ViewRow): WebhookDelivery => ({
  ...row,
  log: JSON.parse(row.log) as WebhookAttempt[],
});

function readPool(pool: unknown, at: string): SqlClient {
  const { query } = (pool ?? {}) as Partial<SqlClient>;
  if (typeof query === "function") return pool as SqlClient;
  throw new ConfigurationError(
    at,
    "has no query().",
    "Give a pg.Pool, a client of one, or PGlite.",
  );
}
