import { parse } from "shell-quote";
import { cmdWords, isForCmd } from "../curl/cmd-words.js";
import { readCurlRequest } from "../curl/request.js";
import { UsageError } from "../exit.js";
import type { Sources } from "../sources.js";
import type { DescribedRequest } from "../signing.js";
import type { PartialRequest } from "./partial-request.js";

/**
 * Reads a curl command as a POSIX shell or cmd of Windows would, up to a pipe, a redirection or a comment, and says what it sends.
 * @throws UsageError
 */
export async function readCurlText(text: string, sources: Sources): Promise<PartialRequest> {
  const command = text.replace(/^\uFEFF?\s*(?:\$\s+|[A-Z]:\\[^>\n]*>\s*)?/i, "");
  const [program = "", ...words] = isForCmd(command) ? cmdWords(command) : wordsOf(command);
  if (!/(?:^|[/\\])curl(?:\.exe)?$/i.test(program))
    throw new UsageError("The command does not begin with curl. Give the curl command alone.");
  const { request } = await readCurlRequest(words, sources, { alreadySigned: true });
  const { method, url, headers, content } = request;
  const hosts = headers.filter(([name]) => name.toLowerCase() === "host");
  return {
    method,
    target: url.target,
    headers: [
      ...(hosts.length === 0 ? [["Host", url.host] as const] : []),
      ...headers.map(([name, value]) => [name, Buffer.from(value).toString("latin1")] as const),
    ],
    content: contentOf(content),
  };
}

/** Of an upload only the digest is there. */
function contentOf(content: DescribedRequest["content"]): Buffer | undefined {
  if (content === undefined) return Buffer.alloc(0);
  return content instanceof Uint8Array ? Buffer.from(content) : undefined;
}

// A backslash at the end of a line goes on with the next, but not between quotes.
const JOINED_LINES = /'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\\r?\n|\\[\s\S]/g;

function wordsOf(text: string): string[] {
  const line = text
    .replace(JOINED_LINES, (match) => (/^\\\r?\n$/.test(match) ? " " : match))
    .trim();
  const words: string[] = [];
  for (const part of parse(line, (name) => ({ variable: name }))) {
    if (typeof part === "string") words.push(part);
    else if ("variable" in part) throw variable(String(part.variable));
    else if ("pattern" in part) words.push(String(part.pattern));
    else {
      // The number of a stream, as in 2>&1.
      if ("op" in part && /^[<>]/.test(String(part.op)) && /^\d$/.test(words.at(-1) ?? ""))
        words.pop();
      break;
    }
  }
  return words;
}

function variable(name: string): UsageError {
  return new UsageError(
    `The curl command holds the variable $${name}, whose value is not known here. Write the value in its place.`,
  );
}
