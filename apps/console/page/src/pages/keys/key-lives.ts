import type { Key } from "../../api/shapes.js";
import { stateOf, type KeyState } from "./key-state.js";

const DAY = 86_400_000;

/** How much of time is shown, around now. */
export const WINDOWS = { month: 30 * DAY, quarter: 91 * DAY, year: 365 * DAY } as const;
export type Window = keyof typeof WINDOWS;

/** The life of a key as a part of what is shown: 0 is the left edge, 1 the right one. */
export interface Life {
  readonly key: Key;
  readonly state: KeyState;
  readonly from: number;
  readonly to: number;
  /** It began before what is shown, or ends after it. */
  readonly cutLeft: boolean;
  readonly cutRight: boolean;
  readonly usedAt: number | undefined;
  /** Where it and its successor both open. */
  readonly overlap?: { readonly from: number; readonly to: number; readonly row: number };
}

/** The window in which something happens. */
export function usualWindow(keys: readonly Key[]): Window {
  const near = (within: number): boolean =>
    keys.some(({ notBefore, expiresAt }) =>
      [notBefore, expiresAt].some(
        (at) => at !== null && Math.abs(new Date(at).getTime() - Date.now()) < within,
      ),
    );
  if (near(WINDOWS.month * 0.8)) return "month";
  return near(WINDOWS.quarter * 0.8) ? "quarter" : "year";
}

export function livesOf(keys: readonly Key[], begin: number, end: number): Life[] {
  const place = (at: number): number => Math.min(1, Math.max(0, (at - begin) / (end - begin)));
  const spans = keys.map((key) => [
    new Date(key.notBefore).getTime(),
    endOf(key),
  ]) as readonly (readonly [number, number])[];
  return keys.flatMap((key, row) => {
    const [from = 0, to = 0] = spans[row] ?? [];
    if (to < begin) return [];
    const after = keys.findIndex(({ id }) => id === key.replacedBy);
    const [nextFrom = Infinity, nextTo = 0] = spans[after] ?? [];
    const both = [Math.max(from, nextFrom), Math.min(to, nextTo)] as const;
    const used = key.lastUsedAt === null ? undefined : new Date(key.lastUsedAt).getTime();
    return [
      {
        ...{ key, state: stateOf(key), from: place(from), to: place(to) },
        ...{ cutLeft: from < begin, cutRight: to > end },
        usedAt: used === undefined || used < begin ? undefined : place(used),
        ...(both[0] < both[1] &&
          both[1] > begin && { overlap: { from: place(both[0]), to: place(both[1]), row: after } }),
      },
    ];
  });
}

const endOf = ({ expiresAt, revokedAt }: Key): number =>
  Math.min(...[expiresAt, revokedAt].map((at) => (at === null ? Infinity : Date.parse(at))));
