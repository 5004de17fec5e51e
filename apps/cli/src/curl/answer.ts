import { readFileSync, statSync } from "node:fs";
import { ResponseRefusal, type ResponseToCheck } from "@lacre/core";
import { UsageError } from "../exit.js";
import type { Signed } from "../signing.js";
import type { CurlOption } from "./arguments.js";

/** What curl's answer is kept in until it is checked. */
export interface AnswerFiles {
  readonly head: string;
  readonly content: string;
}

/** Larger answers are not checked: their content is in memory meanwhile. */
const MAX_BYTES = 256 * 1024 * 1024;

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
  "continue-at": ELSEWHERE,
  compressed: CHANGES,
  raw: CHANGES,
  "tr-encoding": CHANGES,
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

/** The command with which curl keeps the answer. `--disable` counts only as the first. */
export const keepingAnswer = (
  [disable = "", ...words]: readonly string[],
  { head, content }: AnswerFiles,
): string[] => [
  disable,
  ...["--dump-header", head, "--output", content],
  ...["--max-filesize", String(MAX_BYTES), "--no-progress-meter"],
  ...words,
];

/** An answer whose signature is right; or why it cannot be believed, for people. */
export type Checked = { readonly content: Buffer } | { readonly reason: string };

/** Checks what curl has kept. */
export async function checkAnswer(
  files: AnswerFiles,
  method: string,
  signed: Signed,
): Promise<Checked> {
  const { status, headers } = readHead(readFileSync(files.head, "latin1"));
  const size = statSync(files.content, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_BYTES)
    return { reason: `it has ${size} bytes, and at most ${MAX_BYTES} are checked` };
  const content = size === 0 ? Buffer.alloc(0) : readFileSync(files.content);
  const response: ResponseToCheck = { method, status, headers, content };
  try {
    await signed.check(response);
    return { content };
  } catch (error) {
    if (!(error instanceof ResponseRefusal)) throw error;
    return { reason: `${error.message}. Status ${status}${startOf(content)}` };
  }
}

/** The last head: proxies and 100 Continue come before it, trailers behind it. */
function readHead(text: string): Pick<ResponseToCheck, "status" | "headers"> {
  const heads = text.split(/\r?\n\r?\n/).filter((block) => block.startsWith("HTTP/"));
  const [line = "", ...fields] = (heads.at(-1) ?? "").split(/\r?\n/);
  return {
    status: Number(/^HTTP\/\S+ (\d{3})/.exec(line)?.[1] ?? 0),
    headers: fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()] as const;
    }),
  };
}

/** Its first bytes, as nothing that a terminal would act on. */
function startOf(content: Buffer): string {
  if (content.length === 0) return ", without content";
  const start = content
    .subarray(0, 100)
    .toString("latin1")
    .replace(/[^\x20-\x7e]/g, ".");
  return `; its content begins with ${JSON.stringify(start)}`;
}
