import { sql, type AnyColumn, type SQL } from "drizzle-orm";
import { z } from "zod";
import { Problem } from "../problems/problem.js";

/** What every list takes. */
export const PageQuery = z.strictObject({
  /** `next` of the page before. */
  cursor: z.string().max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** A page of a list, and where the next one begins; null at the end. */
export const pageOf = <Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodNullable<z.ZodString> }> =>
  z.object({ items: z.array(item), next: z.string().nullable() });

export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

/**
 * Where a page begins: behind the row with these values of the columns that the list is sorted by.
 * @throws Problem `invalid-input` for a cursor that this list did not give
 */
export function readCursor<Position extends z.ZodType>(
  position: Position,
  cursor: string | undefined,
): z.output<Position> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    const fault = { at: "query.cursor", problem: "must be `next` of the page before" };
    throw new Problem("invalid-input", { faults: [fault] });
  }
}

/**
 * The page of what was found: ask for one row more than the limit.
 * @param positionOf the values of the columns that the list is sorted by, the last of them unique
 */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => readonly unknown[],
  itemOf: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = rows.length > limit ? kept.at(-1) : undefined;
  const next =
    last === undefined ? null : Buffer.from(JSON.stringify(positionOf(last))).toString("base64url");
  return { items: kept.map(itemOf), next };
}

/** Behind this position, in a list that is sorted by these columns, all up or all down. None may be null. */
export function behind(
  columns: readonly (AnyColumn | SQL | SQL.Aliased)[],
  position: readonly unknown[] | undefined,
  direction: "asc" | "desc" = "asc",
): SQL | undefined {
  if (position === undefined) return undefined;
  const left = sql.join([...columns], sql`, `);
  const right = sql.join(
    position.map((value) => sql`${value}`),
    sql`, `,
  );
  return direction === "asc" ? sql`(${left}) > (${right})` : sql`(${left}) < (${right})`;
}
