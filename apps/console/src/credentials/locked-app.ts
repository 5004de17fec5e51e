import { asc, eq } from "drizzle-orm";
import { mayFor } from "../access/reach.js";
import type { Person } from "../access/person.js";
import type { Transaction } from "../database/database.js";
import { apps, keys } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import type { AppRow } from "./definition.js";
import { refuseService } from "./scopes.js";
import type { KeyRow } from "./secrets.js";

/** An app that nobody else changes until the transaction ends, with its keys. */
export interface LockedApp {
  readonly app: AppRow;
  /** The oldest first. */
  readonly ring: readonly KeyRow[];
}

/**
 * Locks an app that a person is about to change: changes of one app and of its keys come one after the other.
 * @throws Problem `not-found` where there is none or it is out of reach, `not-allowed` for a service
 */
export async function lockApp(tx: Transaction, person: Person, appId: string): Promise<LockedApp> {
  const [app] = await tx.select().from(apps).where(eq(apps.id, appId)).for("update");
  if (app === undefined || !mayFor(person, app.teamId)) throw new Problem("not-found");
  refuseService(app, person);
  const ring = await tx
    .select()
    .from(keys)
    .where(eq(keys.appId, appId))
    .orderBy(asc(keys.createdAt), asc(keys.id));
  return { app, ring };
}

/** @throws Problem `not-found` */
export function keyOf({ ring }: LockedApp, keyId: string): KeyRow {
  const key = ring.find(({ id }) => id === keyId);
  if (key === undefined) throw new Problem("not-found");
  return key;
}
