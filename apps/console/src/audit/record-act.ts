import { desc } from "drizzle-orm";
import type { Transaction } from "../database/database.js";
import { takeTurn } from "../database/take-turn.js";
import { audit } from "../database/tables.js";
import type { Actor } from "./actor.js";
import { FIRST_HASH, hashOf, sortedJson } from "./chain.js";

/** One administrative act, as the log keeps it. Neither key, seed nor password may be in it. */
export interface Act {
  readonly by: Actor;
  /** `app.created`, `key.revoked`, … */
  readonly act: string;
  readonly object: { readonly kind: string; readonly id: string };
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Writes an act to the log, in the transaction of the act itself. One that has changed nothing is none. */
export async function recordAct(tx: Transaction, act: Act): Promise<void> {
  if (hasChangedNothing(act)) return;
  await takeTurn(tx); // each row holds the hash of the one before it
  const [last] = await tx.select().from(audit).orderBy(desc(audit.seq)).limit(1);
  const row = {
    seq: (last?.seq ?? 0) + 1,
    at: new Date(),
    actor: act.by.id,
    act: act.act,
    objectKind: act.object.kind,
    objectId: act.object.id,
    before: act.before ?? null,
    after: act.after ?? null,
    address: act.by.address,
    previousHash: last?.hash ?? FIRST_HASH,
  };
  await tx.insert(audit).values({ ...row, hash: hashOf(row) });
}

const hasChangedNothing = ({ before, after }: Act): boolean =>
  before !== undefined && after !== undefined && sortedJson(before) === sortedJson(after);
