import { UsageError } from "../exit.js";
import { LONG_OPTIONS, SHORT_OPTIONS } from "./options.js";

/** One option that the user gave to curl. */
export interface CurlOption {
  /** Its long name, without a leading `no-`. */
  readonly name: string;
  /** False for `--no-…`. */
  readonly on: boolean;
  readonly value?: string;
  /** How it is written for curl again. */
  readonly words: readonly string[];
}

/** What the user gave to curl. */
export interface CurlArguments {
  readonly options: readonly CurlOption[];
  readonly urls: readonly string[];
}

/**
 * Reads arguments as curl does: clustered letters, values glued or apart, `--` before URLs.
 * @throws UsageError for an option that is not known: whether it takes a value would be a guess
 */
export function readCurlArguments(args: readonly string[]): CurlArguments {
  const options: CurlOption[] = [];
  const urls: string[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") {
      urls.push(...words);
      break;
    }
    if (word.startsWith("--")) options.push(readLong(word, words));
    else if (word.startsWith("-") && word.length > 1) options.push(...readCluster(word, words));
    else urls.push(word);
  }
  urls.push(...options.flatMap(({ name, value = "" }) => (name === "url" ? [value] : [])));
  return { options: options.filter(({ name }) => name !== "url"), urls };
}

function readLong(word: string, rest: string[]): CurlOption {
  const name = word.slice(2);
  const known = LONG_OPTIONS.get(name);
  if (known?.takesValue === true) {
    const value = valueOf(word, rest);
    return { name, on: true, value, words: [word, value] };
  }
  // The table has some names with their "no-", as curl's own help does.
  const positive = name.replace(/^no-/, "");
  const negatable = [positive, `no-${positive}`].some(
    (form) => LONG_OPTIONS.get(form)?.takesValue === false,
  );
  if (negatable) return { name: positive, on: positive === name, words: [word] };
  throw unknown(word);
}

/** `-sSXPOST`: flags, and at most one option with a value, which is the rest of the word or the next one. */
function readCluster(word: string, rest: string[]): CurlOption[] {
  const options: CurlOption[] = [];
  for (let i = 1; i < word.length; i++) {
    const letter = `-${word[i]}`;
    const known = SHORT_OPTIONS.get(letter.slice(1));
    if (known === undefined) throw unknown(letter);
    if (known.takesValue) {
      const value = i + 1 < word.length ? word.slice(i + 1) : valueOf(letter, rest);
      return [...options, { name: known.name, on: true, value, words: [letter, value] }];
    }
    const name = known.name.replace(/^no-/, "");
    options.push({ name, on: name === known.name, words: [letter] });
  }
  return options;
}

function valueOf(option: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw new UsageError(`curl's option ${option} needs a value after it.`);
  return value;
}

function unknown(word: string): UsageError {
  const [name = ""] = word.split("=", 1);
  if (
    /^--(?:app-id|key-file|profile|encoding|algorithm|scheme|scheme-options?|region|service|url-mode|realm|dry-run|show-canonical|verify-response)$/.test(
      name,
    )
  )
    return new UsageError(
      `${name} is an option of lacre. Write it before the first argument that is for curl.`,
    );
  return new UsageError(
    word.includes("=")
      ? `${name}=… is no option of curl's. Its long options have their value as the next argument: ${name} VALUE`
      : `${name} is not known to be an option of curl's. Write options in full, and lacre's own before curl's.`,
  );
}
