import { UsageError } from "../exit.js";
import type { Sources } from "../sources.js";
import type { CurlOption } from "./arguments.js";

/** What several `-d` come to. */
export interface CurlData {
  readonly bytes: Buffer;
  /** How it is given to curl: the one argument, or `@-` with the bytes on its standard input. */
  readonly words: readonly string[];
  readonly input?: Buffer;
}

const DATA_OPTIONS = ["data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json"];

/** More than this in one argument is more than Linux lets through (128 KiB) or nearly so. */
const MAX_ARGUMENT_BYTES = 100_000;

export const isData = ({ name }: CurlOption): boolean => DATA_OPTIONS.includes(name);

/**
 * Joins the data as curl does: `&` between two, but nothing before `--json`. The bytes then go to curl as they
 * are, in one piece: its versions differ in how they encode and strip, and a file may change after it was signed.
 * @throws UsageError
 */
export async function readCurlData(
  options: readonly CurlOption[],
  sources: Sources,
): Promise<CurlData> {
  const pieces: Buffer[] = [];
  for (const option of options) {
    if (pieces.length > 0 && option.name !== "json") pieces.push(Buffer.from("&"));
    pieces.push(await readPiece(option, sources));
  }
  const bytes = Buffer.concat(pieces);

  const [only] = options;
  const file =
    only !== undefined && options.length === 1 && isVerbatimFile(only)
      ? only.value?.slice(1)
      : undefined;
  if (file !== undefined && sources.sizeOf(file) !== undefined)
    return { bytes, words: ["--data-binary", `@${file}`] };
  // What the user kept in a file stays off the command line.
  if (options.some(readsFile) || bytes.length > MAX_ARGUMENT_BYTES)
    return { bytes, words: ["--data-binary", "@-"], input: bytes };
  return { bytes, words: ["--data-raw", bytes.toString("utf8")] };
}

const isVerbatimFile = (option: CurlOption): boolean =>
  (option.name === "data-binary" || option.name === "json") && readsFile(option);

function readsFile({ name, value = "" }: CurlOption): boolean {
  if (name === "data-urlencode") return /^[^=@]*@/.test(value);
  return name !== "data-raw" && value.startsWith("@");
}

async function readPiece(option: CurlOption, sources: Sources): Promise<Buffer> {
  const { name, value = "" } = option;
  if (name === "data-urlencode") return readEncoded(value, sources);
  if (!readsFile(option)) return fromArgument(value);
  const content = await sources.read(value.slice(1));
  // curl's -d takes line ends out of a file, --data-binary and --json do not.
  return isVerbatimFile(option)
    ? content
    : Buffer.from(content.filter((byte) => byte !== 0x0a && byte !== 0x0d));
}

/** `content`, `=content`, `name=content`, `@file`, `name@file`: the first `=` counts before any `@`. */
async function readEncoded(value: string, sources: Sources): Promise<Buffer> {
  const at = value.includes("=") ? value.indexOf("=") : value.indexOf("@");
  const name = value.slice(0, Math.max(at, 0));
  const rest = value.slice(at + 1);
  const content = value[at] === "@" ? await sources.read(rest) : fromArgument(rest);
  return Buffer.from((name === "" ? "" : `${name}=`) + formEncode(content));
}

function formEncode(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (/[\w.~-]/.test(character)) text += character;
    else text += byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

function fromArgument(text: string): Buffer {
  // Node puts U+FFFD where an argument is not UTF-8: the bytes that were meant are lost.
  if (text.includes("\uFFFD"))
    throw new UsageError("The data is not UTF-8. Put it into a file and give --data-binary @FILE.");
  return Buffer.from(text, "utf8");
}
