import { codeOf, explain, type PostgresPool, type PostgresResult } from "./postgres-pool.js";
import type { Statement } from "./postgres-sql.js";
import type { StoreLog } from "../server/store-log.js";

export interface PostgresDatabaseOptions {
  readonly pool: PostgresPool;
  readonly preparedStatements: boolean;
  /** After how many milliseconds pg gives up a connection on which a statement is not answered. */
  readonly answerTimeoutMs: number;
  readonly log: Pick<StoreLog, "warn">;
}

/** With these codes a server says that a statement's name is taken, or unknown: it has executed nothing. */
const NAME_TROUBLE: readonly (string | undefined)[] = ["42P05", "26000"];

/** The database as a store asks it: by prepared statements, as long as its connections keep them. */
export class PostgresDatabase {
  readonly #options: PostgresDatabaseOptions;
  #named: boolean;

  constructor(options: PostgresDatabaseOptions) {
    this.#options = options;
    this.#named = options.preparedStatements;
  }

  /** Asks by a prepared statement; again without one where a pooler has exchanged the connection behind ours. */
  async ask({ name, text }: Statement, values: unknown[]): Promise<PostgresResult> {
    const { pool, answerTimeoutMs: query_timeout } = this.#options;
    const unnamed = { text, values, query_timeout };
    if (!this.#named) return pool.query(unnamed);
    try {
      return await pool.query({ ...unnamed, name });
    } catch (error) {
      if (!NAME_TROUBLE.includes(codeOf(error))) throw error;
      this.#goUnnamed(error);
      return pool.query(unnamed);
    }
  }

  async run(text: string, values: unknown[] | undefined, timeoutMs: number) {
    return this.#options.pool.query({ text, values, query_timeout: timeoutMs });
  }

  /** For good: what happened to one connection will happen to all. */
  #goUnnamed(error: unknown): void {
    if (!this.#named) return;
    this.#named = false;
    this.#options.log.warn(
      `the nonce database does not keep prepared statements: ${explain(error)}. Claims go on without them. ` +
        "Set preparedStatements: false, or max_prepared_statements in PgBouncer 1.21 or later",
    );
  }
}
