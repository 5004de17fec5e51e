import { Horizons } from "../server/horizons.js";

/** What the database remembers, and since when. */
export interface Epoch {
  readonly id: string;
  readonly sinceMs: number;
  readonly horizons: Horizons;
}

/** What claims answer with of the epoch. Bigints as text, whatever parsers the pool has. */
export interface ClaimRow {
  readonly id: string;
  readonly since_ms: string;
  readonly intact: boolean;
  /** Of a claim: whether it got the key. */
  readonly inserted?: boolean;
  /** Of one that can be given back: who holds the key; null where it was claimed for good. */
  readonly holder?: string | null;
  readonly synchronous_commit: string;
  /** As they are written beside the nonces. */
  readonly horizons: string;
  /** The database's time in milliseconds since 1970. */
  readonly now_ms: string;
}

export function epochOf(row: ClaimRow): Epoch {
  const sinceMs = Number(row.since_ms);
  if (!Number.isFinite(sinceMs))
    throw new TypeError("since_ms must be a finite number of milliseconds");
  return { id: row.id, sinceMs, horizons: new Horizons(row.horizons) };
}
