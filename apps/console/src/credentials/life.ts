import { and, gt, isNull, lte, ne, or, sql, type SQL } from "drizzle-orm";
import { keys } from "../database/tables.js";
import type { KeyRow } from "./secrets.js";

/** Whether a key opens anything now, its app apart. */
export const isLive = (
  key: Pick<KeyRow, "state" | "notBefore" | "expiresAt">,
  now: Date,
): boolean => key.state !== "revoked" && key.notBefore <= now && !hasEnded(key, now);

/** Whether a key will never open anything again: what it may be later on is not counted. */
export const isOver = (key: Pick<KeyRow, "state" | "expiresAt">, now: Date): boolean =>
  key.state === "revoked" || hasEnded(key, now);

const hasEnded = ({ expiresAt }: Pick<KeyRow, "expiresAt">, now: Date): boolean =>
  expiresAt !== null && expiresAt <= now;

/** `isLive`, as a condition. */
export const liveKeys = (now: Date): SQL =>
  and(
    ne(keys.state, "revoked"),
    lte(keys.notBefore, now),
    or(isNull(keys.expiresAt), gt(keys.expiresAt, now)),
  ) ?? sql`true`;
