import { UsageError } from "../exit.js";
import type { CurlOption } from "./arguments.js";

const ELSEWHERE = "writes the answer before its signature is checked. Leave it out, or use -o.";
const CHANGES =
  "changes the content of the answer, whose signature is of what was sent. Leave it out.";

/** Options that do not go with a check of the answer. */
const REFUSED: Readonly<Record<string, string>> = {
  include: ELSEWHERE,
  "dump-header": ELSEWHERE,
  "remote-name": ELSEWHERE,
  "remote-name-all": ELSEWHERE,
  "remote-header-name": ELSEWHERE,
  "output-dir": ELSEWHERE,
  "out-null": ELSEWHERE,
  compressed: CHANGES,
  raw: CHANGES,
  fail: "throws the content away that is to be checked. Use --fail-with-body.",
};

/**
 * Where the user wants the content: a file, or undefined for the standard output.
 * @throws UsageError for options that do not go with a check
 */
export function outputOf(options: readonly CurlOption[]): string | undefined {
  for (const { name, on, words } of options)
    if (on && Object.hasOwn(REFUSED, name))
      throw new UsageError(`With --verify-response, curl's ${words[0]} ${REFUSED[name]}`);
  const outputs = options.filter(({ name }) => name === "output");
  const path = outputs.at(-1)?.value;
  return path === "-" ? undefined : path;
}
