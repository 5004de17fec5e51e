import { useMemo } from "react";
import { useNow } from "./use-now.js";

const HOUR = 3_600_000;
export const RANGES = {
  "1h": HOUR,
  "24h": 24 * HOUR,
  "7d": 168 * HOUR,
  "30d": 720 * HOUR,
} as const;

/** A time that somebody looks at, as the address of a page has it. */
export const RANGE_FILTERS = { range: "24h", from: "", to: "" };
export type RangeFilters = Readonly<Record<keyof typeof RANGE_FILTERS, string>>;

export interface Range {
  readonly from: string;
  /** Given where it ends in the past. */
  readonly to?: string;
  /** It ends now. */
  readonly goesOn: boolean;
  readonly ms: number;
}

/** From when to when: one that ends now moves on each minute. */
export function useRange({ range, from, to }: RangeFilters): Range {
  const now = useNow(60_000);
  return useMemo(() => {
    if (range === "own" && from !== "") {
      const end = to === "" ? now : new Date(to).getTime();
      const begin = new Date(from).getTime();
      if (end > begin)
        return { from, ...(to !== "" && { to }), goesOn: to === "", ms: end - begin };
    }
    const ms = RANGES[range as keyof typeof RANGES] ?? RANGES["24h"];
    return { from: new Date(now - ms).toISOString(), goesOn: true, ms };
  }, [range, from, to, now]);
}
