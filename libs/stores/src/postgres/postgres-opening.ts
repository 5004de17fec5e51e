import { randomUUID } from "node:crypto";
import type { NonceNeeds } from "@lacre/core";
import type { StoreClock } from "../server/store-clock.js";
import { FIRST_START_IS_OVER, HORIZONS_KEEP_CHANGING, MOST_GROWTHS } from "../server/words.js";
import { epochOf, type ClaimRow, type Epoch } from "./postgres-epoch.js";
import type { PostgresSettings } from "./postgres-options.js";
import type { PostgresResult } from "./postgres-pool.js";
import { REMOVAL_MARGIN_MS } from "./postgres-removal.js";
import { checkTables, findTables } from "./postgres-server-checks.js";
import type { Statement, Statements } from "./postgres-sql.js";

/** What a memory is opened with. */
export interface PostgresOpening {
  readonly settings: PostgresSettings;
  readonly statements: Statements;
  readonly ask: (statement: Statement, values: unknown[]) => Promise<PostgresResult>;
  readonly run: (text: string, values?: unknown[]) => Promise<PostgresResult>;
  readonly clock: StoreClock;
  readonly isFirstStart: boolean;
  /** On how many connections the claim is proved at once, which are then open. */
  readonly connections: number;
  readonly needed: () => NonceNeeds["horizons"];
  /** Whether claims are given back. */
  readonly holds: boolean;
}

/**
 * Finds or makes the tables and the epoch, and proves every right that a claim needs.
 * @returns what the database remembers, for as long as this server needs it
 * @throws ConfigurationError for tables that cannot be used
 */
export async function openMemory(opening: PostgresOpening): Promise<Epoch> {
  const { run, statements, settings, isFirstStart } = opening;
  await findTables(run, statements, settings);
  const id = randomUUID();
  await run(statements.renew, [id, isFirstStart]);
  await checkTables(run, statements);
  await prove(opening);
  const epoch = await growHorizons(opening);
  if (isFirstStart && epoch.id !== id) settings.log.warn(FIRST_START_IS_OVER);
  return epoch;
}

/** Twice on each connection: the second time, the statement should be prepared already. */
async function prove(opening: PostgresOpening): Promise<void> {
  const { ask, statements, connections } = opening;
  for (const _round of [1, 2])
    await Promise.all(Array.from({ length: connections }, async () => askInVain(opening)));
  // The role's other rights: no row has this key, and none is over at the beginning of 1970.
  await ask(statements.extend, [Buffer.alloc(32), 0]);
  if (opening.holds) await proveHolds(opening);
  await ask(statements.remove, [0, REMOVAL_MARGIN_MS]);
}

/** With an epoch that nobody has, and for a holder whom nobody is. */
async function proveHolds({ ask, statements }: PostgresOpening): Promise<void> {
  const [key, nobody] = [Buffer.alloc(32), randomUUID()];
  await ask(statements.hold, [key, 0, randomUUID(), nobody, 0]);
  await ask(statements.giveBack, [key, nobody]);
  await ask(statements.markDone, [key, nobody, 0]);
}

async function growHorizons(opening: PostgresOpening): Promise<Epoch> {
  for (let tries = 0; tries < MOST_GROWTHS; tries++) {
    const row = await askInVain(opening);
    const { id, horizons } = row;
    const longer = epochOf(row).horizons.grown(opening.needed(), Number(row.now_ms));
    if (longer === undefined) return epochOf(row);
    await opening.run(opening.statements.grow, [id, horizons, longer]); // unless another did
  }
  throw new Error(HORIZONS_KEEP_CHANGING);
}

/** Claims with an epoch that nobody has, so that nothing is inserted. */
async function askInVain({ ask, statements, clock }: PostgresOpening): Promise<ClaimRow> {
  const askedMs = clock.nowMs();
  const { rows } = await ask(statements.claim, [Buffer.alloc(32), 0, randomUUID()]);
  const row = rows[0] as ClaimRow | undefined;
  if (row?.intact !== true) throw new Error("the epoch was lost while it was read");
  clock.note(Number(row.now_ms), askedMs);
  return row;
}
