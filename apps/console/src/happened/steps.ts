import type { Period } from "./period.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Steps that people can read off an axis, in seconds. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  DAY,
  WEEK,
];

/** A Monday, 00:00 UTC: every step is counted from there, so that days begin at midnight and weeks on Mondays. */
export const STEP_ORIGIN = new Date("2001-01-01T00:00:00Z");

/** The shortest step that gives no more than about so many points. */
export function stepSecondsOf({ from, to }: Period, points: number): number {
  const wished = (to.getTime() - from.getTime()) / 1000 / points;
  return STEPS.find((step) => step >= wished) ?? Math.ceil(wished / WEEK) * WEEK;
}

/** When each step of a period begins; the first may begin before it. */
export function stepsOf({ from, to }: Period, stepSeconds: number): Date[] {
  const stepMs = stepSeconds * 1000;
  const origin = STEP_ORIGIN.getTime();
  const steps: Date[] = [];
  let at = origin + Math.floor((from.getTime() - origin) / stepMs) * stepMs;
  for (; at < to.getTime(); at += stepMs) steps.push(new Date(at));
  return steps;
}
