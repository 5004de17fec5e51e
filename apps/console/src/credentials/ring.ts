import { Problem } from "../problems/problem.js";
import { isLive, isOver } from "./life.js";
import type { KeyRow } from "./secrets.js";

/** What a verifier tries for one request: see `MAX_TRIED` of @lacre/core. */
const MOST_LIVE = 2;

/**
 * At most two keys of one scheme are live at once, now or later.
 * @throws Problem `conflict`
 */
export function checkLive(ring: readonly KeyRow[], scheme: string, now: Date): void {
  const coming = ring.filter((key) => key.scheme === scheme && !isOver(key, now));
  for (const { notBefore } of coming) {
    const at = notBefore > now ? notBefore : now;
    if (coming.filter((key) => isLive(key, at)).length > MOST_LIVE)
      throw new Problem("conflict", {
        detail: `At most ${MOST_LIVE} keys of one scheme are live at once. End one first.`,
      });
  }
}

/** A key that is not over, and whose successor is not over either: the older one of a rotation that is still open. */
export function olderOfOpenRotation(
  ring: readonly KeyRow[],
  scheme: string,
  now: Date,
): KeyRow | undefined {
  const coming = ring.filter((key) => key.scheme === scheme && !isOver(key, now));
  return coming.find(({ id }) => coming.some(({ replaces }) => replaces === id));
}

/** When a key ends that is to end now: never before it began, which no verifier would take. */
export const endNow = ({ notBefore }: Pick<KeyRow, "notBefore">, now: Date): Date =>
  notBefore < now ? now : new Date(notBefore.getTime() + 1);

/** The ring with a key as it is now. */
export const withKey = (ring: readonly KeyRow[], key: KeyRow): readonly KeyRow[] =>
  ring.map((other) => (other.id === key.id ? key : other));

/** The earlier of two ends; null is none. */
export const earlier = (a: Date | null, b: Date): Date => (a !== null && a < b ? a : b);
