import { readFileSync } from "node:fs";
import { PACKAGE_ROOT } from "./package-root.js";

/** The version of this package. */
export function readVersion(): string {
  const text = readFileSync(new URL("package.json", PACKAGE_ROOT), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
