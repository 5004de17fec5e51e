import { sql, type AnyColumn, type SQL } from "drizzle-orm";
import { z } from "zod";

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
