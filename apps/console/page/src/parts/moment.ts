import type { Preferences } from "../theme/preferences.js";

const pad = (n: number): string => String(n).padStart(2, "0");

/** A moment as a field of a form has it, `2026-03-01T09:30`: in the reader's zone, or in UTC where they want that. */
export function fieldOf(at: string | null, times: Preferences["times"]): string {
  if (at === null || at === "") return "";
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  if (times === "utc") return date.toISOString().slice(0, 16);
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** The moment that such a field says, as ISO 8601 in UTC; undefined for none. */
export function momentOf(field: string, times: Preferences["times"]): string | undefined {
  if (field === "") return undefined;
  const date = new Date(times === "utc" ? `${field}Z` : field);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
