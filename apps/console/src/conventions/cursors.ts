import type { z } from "zod";
import { Problem } from "../problems/problem.js";
import type { Page } from "./page.js";

/**
 * Where the pages of one list begin: behind the row with these values of the columns that the list is sorted by. A
 * cursor says which list it is of, and has one spelling.
 */
export class Cursors<Position extends readonly unknown[]> {
  /** @param list no other one has this name */
  constructor(
    private readonly list: string,
    private readonly position: z.ZodType<Position>,
  ) {}

  /** @throws Problem `invalid-input` for a cursor that this list did not give */
  read(cursor: string | undefined): Position | undefined {
    if (cursor === undefined) return undefined;
    const [list, ...values] = partsOf(cursor);
    const read = this.position.safeParse(values);
    if (list === this.list && read.success && this.#write(read.data) === cursor) return read.data;
    const fault = { at: "query.cursor", problem: "must be `next` of the page before" };
    throw new Problem("invalid-input", { faults: [fault] });
  }

  /**
   * The page of what was found: ask for one row more than the limit.
   * @param positionOf the values of the columns that the list is sorted by, the last of them unique
   */
  cut<Row, Item>(
    rows: readonly Row[],
    limit: number,
    positionOf: (row: Row) => readonly unknown[],
    itemOf: (row: Row) => Item,
  ): Page<Item> {
    const kept = rows.slice(0, limit);
    const last = rows.length > limit ? kept.at(-1) : undefined;
    return {
      items: kept.map(itemOf),
      next: last === undefined ? null : this.#write(positionOf(last)),
    };
  }

  #write(position: readonly unknown[]): string {
    return Buffer.from(JSON.stringify([this.list, ...position])).toString("base64url");
  }
}

function partsOf(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
