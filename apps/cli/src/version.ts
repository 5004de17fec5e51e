import { readFileSync } from "node:fs";

/** The version of this package, seen from `src` as from `dist`. */
export function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
