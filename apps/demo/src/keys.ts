import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateApiKey } from "@lacre/core";
import { FORMATS, makeFormatKey } from "./formats.js";

/** The demo's keys: made at the first start, kept in files that only their owner can read. */
export interface DemoKeys {
  readonly orders: string;
  readonly reader: string;
  readonly aws: string;
  /** For the formats of others, by scheme. */
  readonly formats: Readonly<Record<string, string>>;
}

/** Reads the keys of a folder, making those that are not there yet. */
export function readKeys(folder: string): DemoKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    orders: readOrMake(join(folder, "orders.key"), generateApiKey),
    reader: readOrMake(join(folder, "reader.key"), generateApiKey),
    aws: readOrMake(join(folder, "aws.key"), () => randomBytes(32).toString("base64url")),
    formats: formatKeys((format) =>
      readOrMake(join(folder, `${format.scheme.name}.key`), () => makeFormatKey(format)),
    ),
  };
}

/** Keys for one run. */
export function freshKeys(): DemoKeys {
  return {
    orders: generateApiKey(),
    reader: generateApiKey(),
    aws: randomBytes(32).toString("base64url"),
    formats: formatKeys(makeFormatKey),
  };
}

const formatKeys = (keyOf: (format: (typeof FORMATS)[number]) => string): Record<string, string> =>
  Object.fromEntries(FORMATS.map((format) => [format.scheme.name, keyOf(format)]));

function readOrMake(file: string, make: () => string): string {
  try {
    writeFileSync(file, `${make()}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
}
