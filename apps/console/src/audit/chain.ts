import { createHash } from "node:crypto";
import type { audit } from "../database/tables.js";

export type AuditRow = typeof audit.$inferSelect;

/** What stands before the first row. */
export const FIRST_HASH = "0".repeat(64);

/** The hash of a row: SHA-256 over all its fields but itself, as JSON with sorted names. */
export function hashOf(row: Omit<AuditRow, "hash">): string {
  const { seq, at, actor, act, objectKind, objectId, before, after, address, previousHash } = row;
  const fields = {
    seq,
    at,
    actor,
    act,
    objectKind,
    objectId,
    before,
    after,
    address,
    previousHash,
  };
  return createHash("sha256").update(sortedJson(fields)).digest("hex");
}

/** The end of the log: what a copy elsewhere proves it with. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Whether the log is what was written. */
export interface ChainReport {
  readonly whole: boolean;
  /** How many rows were looked at. */
  readonly checked: number;
  /** The first row that is not what was written, or is not there. */
  readonly brokenAt: number | null;
  readonly problem: string | null;
  readonly head: Head | null;
}

/** Follows the log from its first row. */
export class ChainWalk {
  #head: Head | null = null;
  #fault: { readonly at: number | null; readonly problem: string } | undefined;
  #checked = 0;
  #sawExpected = false;

  /** @param expected the hash of a row that was once in the log */
  constructor(private readonly expected?: string) {}

  /** The next row. @returns false where the rest need not be looked at */
  take(row: AuditRow): boolean {
    const before = this.#head ?? { seq: 0, hash: FIRST_HASH };
    this.#checked += 1;
    const missing = row.seq !== before.seq + 1;
    if (missing) this.#fail(before.seq + 1, "A row is missing.");
    else if (row.previousHash !== before.hash)
      this.#fail(row.seq, "It does not follow from the row before it.");
    else if (hashOf(row) !== row.hash) this.#fail(row.seq, "Its fields are not what was written.");
    else {
      this.#head = { seq: row.seq, hash: row.hash };
      this.#sawExpected ||= row.hash === this.expected;
    }
    return this.#fault === undefined;
  }

  /** @param isGuarded whether the database itself refuses changes */
  report(isGuarded: boolean): ChainReport {
    if (this.expected !== undefined && !this.#sawExpected)
      this.#fail(
        (this.#head?.seq ?? 0) + 1,
        "The expected hash is not in the log: rows were cut off, or all of it was written anew.",
      );
    if (!isGuarded)
      this.#fail(
        null,
        "The database would let the log be changed: its triggers, or what they call, are gone or changed.",
      );
    return {
      whole: this.#fault === undefined,
      checked: this.#checked,
      brokenAt: this.#fault?.at ?? null,
      problem: this.#fault?.problem ?? null,
      head: this.#head,
    };
  }

  #fail(at: number | null, problem: string): void {
    this.#fault ??= { at, problem };
  }
}

export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
