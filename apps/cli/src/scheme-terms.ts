import { readFileSync } from "node:fs";
import { UsageError } from "./exit.js";

/** Options of a scheme by name, as its page names them. Its own reader checks them. */
export type SchemeTerms = Readonly<Record<string, unknown>>;

/** Where they are said. */
interface Said {
  readonly schemeOption?: readonly string[];
  readonly schemeOptions?: string;
  readonly profileTerms?: SchemeTerms;
}

/**
 * Reads the options of a scheme: the profile's, then the file's, then what is said one by one.
 * @throws UsageError
 */
export function readSchemeTerms(said: Said): SchemeTerms {
  const { schemeOption = [], schemeOptions, profileTerms = {} } = said;
  const inFile = schemeOptions === undefined ? {} : readFile(schemeOptions);
  return { ...profileTerms, ...inFile, ...Object.fromEntries(schemeOption.map(readTerm)) };
}

function readTerm(text: string): [string, unknown] {
  const [, name, value] = /^([A-Za-z]{1,32})=([^]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError("--scheme-option must be name=value, such as headerPrefix=svix.");
  return [name, readValue(value)];
}

/** A number, true, false, or a list or an object as JSON writes it; everything else is text as it stands. */
function readValue(text: string): unknown {
  if (!/^(?:true|false|\d{1,15}|\[.*\]|\{".*\})$/s.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function readFile(path: string): SchemeTerms {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? "there is no such file"
        : "it cannot be read";
    throw new UsageError(
      `--scheme-options ${path}: ${reason}. Check its name and its permissions.`,
    );
  }
  try {
    const value = JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as SchemeTerms;
  } catch {
    // Said below.
  }
  throw new UsageError(
    `--scheme-options ${path} is no JSON object. Write {"signatureHeader": "x-acme-signature", …}.`,
  );
}
