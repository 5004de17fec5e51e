import { hash } from "node:crypto";
import { isoSecond, parseUtc, Refusal } from "@lacre/core/scheme";

/** ISO 8601 in UTC, with the fraction that `java.time.Instant` writes. */
const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z$/;

/**
 * Whole seconds since 1970.
 * @param header the name of the header that has the date
 * @throws Refusal `timestamp-malformed`
 */
export function parseDate(text: string, header: string): number {
  const [, seconds = ""] = DATE.exec(text) ?? [];
  const ms = parseUtc(`${seconds}Z`, isoSecond);
  if (Number.isNaN(ms)) throw new Refusal("timestamp-malformed", header);
  return ms / 1000;
}

/**
 * With microseconds that are drawn, not measured: there is no nonce, and two equal requests of one second must not have
 * one id.
 */
export function formatDate(timestampSeconds: number, nonce: string): string {
  const drawn = Number.parseInt(hash("sha256", nonce).slice(0, 12), 16) % 1_000_000;
  const seconds = new Date(timestampSeconds * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(drawn).padStart(6, "0")}Z`;
}
