import { z } from "zod";

/** Which page of a list: after which of its names, and how long. */
export const PageQuery = {
  cursor: z.string().max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** A cursor names what the page before ended with, and its id where two are named alike. */
export const cursorOf = (last: string): string => Buffer.from(last).toString("base64url");
export const afterOf = (cursor: string | undefined): string =>
  cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString().replaceAll("\0", "");

/** Cuts what was read, one more than asked for, to a page. */
export function pageOf<Item>(
  rows: readonly Item[],
  limit: number,
  nameOf: (item: Item) => string,
): { items: Item[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(nameOf(last)) : null };
}
