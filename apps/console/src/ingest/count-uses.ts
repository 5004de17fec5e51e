import { inArray, sql } from "drizzle-orm";
import type { Transaction } from "../database/database.js";
import { keyUses } from "../database/tables.js";
import type { ToldCount } from "./batch.js";
import { grouped, inPieces } from "./grouped.js";
import { momentOf } from "./count-verdicts.js";
import type { KnownNames } from "./known-names.js";

/** From how many places each key is known to be used. Those beyond are counted together, without an address. */
const MOST_PLACES = 200;

type Use = typeof keyUses.$inferInsert & { source: string; count: number; lastMinute: Date };

/** Notes from where and by which scheme keys were used. */
export async function countUses(
  tx: Transaction,
  counts: readonly ToldCount[],
  known: KnownNames,
  nowMs: number,
): Promise<void> {
  const uses = counts
    .filter(({ code }) => code === "accepted")
    .map((told) => ({ told, ...known.read(told) }))
    .filter(({ keyId }) => keyId !== "")
    .map(({ told: { source, scheme, minute, count }, appId, keyId }) => ({
      keyId,
      appId,
      source,
      scheme,
      lastMinute: momentOf(minute, nowMs),
      count,
    }));
  if (uses.length === 0) return;
  const rows = together(await withinBounds(tx, together(uses)));
  for (const some of inPieces(rows))
    await tx
      .insert(keyUses)
      .values(some)
      .onConflictDoUpdate({
        target: [keyUses.keyId, keyUses.source, keyUses.scheme],
        set: {
          count: sql`${keyUses.count} + excluded.count`,
          lastMinute: sql`greatest(${keyUses.lastMinute}, excluded.last_minute)`,
        },
      });
}

const placeOf = ({ keyId, source, scheme }: Pick<Use, "keyId" | "source" | "scheme">): string =>
  `${keyId}\n${source}\n${scheme}`;

const together = (uses: readonly Use[]): Use[] =>
  grouped(uses, placeOf, (a, b) => ({
    ...a,
    count: a.count + b.count,
    lastMinute: a.lastMinute > b.lastMinute ? a.lastMinute : b.lastMinute,
  }));

/** A key that is used from everywhere does not fill the table. */
async function withinBounds(tx: Transaction, uses: readonly Use[]): Promise<Use[]> {
  const keyIds = [...new Set(uses.map(({ keyId }) => keyId))];
  const { keyId, source, scheme } = keyUses;
  const known = await tx
    .select({ keyId, source, scheme })
    .from(keyUses)
    .where(inArray(keyId, keyIds));
  const places = new Set(known.map(placeOf));
  const counts = new Map<string, number>();
  for (const { keyId: id } of known) counts.set(id, (counts.get(id) ?? 0) + 1);
  return uses.map((use) => {
    if (places.has(placeOf(use))) return use;
    const count = counts.get(use.keyId) ?? 0;
    if (count >= MOST_PLACES) return { ...use, source: "" };
    counts.set(use.keyId, count + 1);
    return use;
  });
}
