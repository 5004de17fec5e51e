import { UsageError, withoutKeys } from "../exit.js";
import type { WholeRequest } from "../explain/partial-request.js";
import { kindOf, readSide } from "../explain/read-view.js";
import { NO_FILES } from "../sources.js";

/** A request as somebody has recorded it. */
export interface RecordedRequest {
  /** What it was written down as. */
  readonly kind: "raw" | "headers" | "har" | "curl";
  readonly method: string;
  /** The request-target as it was sent. */
  readonly target: string;
  /** Every header line, in order; a character for each byte. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly content: Uint8Array;
  /** False when the content ends before its length or its last chunk. */
  readonly complete: boolean;
  /** The whole URL, where it is written down. */
  readonly url?: string;
}

const EXPECTED =
  "Paste one request: raw, from POST /v1/items HTTP/1.1 on, with its headers and its content; as a curl command, of bash or of cmd; or as an entry of a HAR file.";

/** More than a server takes unless it is told to, in any of the ways to write it down. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Four times what Node takes. Each change of the head that is tried costs as much as the head is long. */
const MAX_HEAD = 64 * 1024;
/** Of a message: it may show what was pasted. */
const MAX_SHOWN = 300;

/**
 * Reads what a person pastes: a raw HTTP/1.1 request, a curl command as bash or cmd of Windows has it, an entry of a HAR
 * file or a whole one (the last that carries credentials), or the header lines that a browser shows, `:method` and
 * `:path` among them. Opens no file, whatever a command names.
 * @throws UsageError, as a rejection: what is wrong with it, and what was expected. Never holds a key.
 */
export async function readRequest(pasted: string | Uint8Array): Promise<RecordedRequest> {
  const bytes = withoutBlankStart(Buffer.from(pasted as Uint8Array));
  if (bytes.length === 0) throw new UsageError(`There is nothing. ${EXPECTED}`);
  if (bytes.length > MAX_BYTES)
    throw new UsageError(`There are more than ${MAX_BYTES} bytes. ${EXPECTED}`);
  try {
    return await readOneRequest(bytes);
  } catch (error) {
    if (!(error instanceof UsageError) || error.message.includes(EXPECTED)) throw error;
    throw new UsageError(`${shortened(withoutKeys(error.message))} ${EXPECTED}`);
  }
}

const shortened = (message: string): string =>
  message.length > MAX_SHOWN ? `${message.slice(0, MAX_SHOWN)}…` : message;

function withoutBlankStart(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => ![0x09, 0x0a, 0x0d, 0x20].includes(byte));
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
}

/** A command of this program, as a shell has it. Comments may stand before it. */
const OWN_COMMAND =
  /^(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*(?:\$ )?(?:npx (?:-\S+ )*)?lacre (curl|sign|presign) /;
const HINTS: Readonly<Record<string, string>> = {
  curl: "Run it once with --dry-run behind lacre curl, and paste the curl command that it prints.",
  sign: "Send it, or write its request line, the headers that lacre sign prints and its content below each other.",
  presign: "Paste a request for the URL that it prints.",
};

async function readOneRequest(bytes: Buffer): Promise<RecordedRequest> {
  const [, command] = OWN_COMMAND.exec(bytes.toString("latin1", 0, MAX_SHOWN * 4)) ?? [];
  if (command !== undefined)
    throw new UsageError(`This command signs a request, and is none itself. ${HINTS[command]}`);
  const kind = kindOf(bytes, { isOther: false });
  if (kind === undefined) throw new UsageError(`This is no request. ${EXPECTED}`);
  if (kind === "canonical")
    throw new UsageError(
      "This is the text that is signed. It has no signature, so there is nothing to check.",
    );
  const side = await readSide(bytes, NO_FILES, { isOther: false, kind });
  const { method, target, headers, content, complete = true, url } = side.request;
  if (method === undefined || target === undefined)
    throw new UsageError("These are header lines alone, without the request line.");
  if (target.length + headers.flat().join("").length > MAX_HEAD)
    throw new UsageError(`The head has more than ${MAX_HEAD} bytes, and no server reads it.`);
  if (content === undefined && kind === "har")
    throw new UsageError("The content of the HAR entry is not text.");
  return {
    kind,
    method,
    target,
    headers,
    content: content ?? Buffer.alloc(0),
    complete: complete && (content !== undefined || !announcesContent(headers)),
    ...(url !== undefined && { url }),
  };
}

const announcesContent = (headers: RecordedRequest["headers"]): boolean =>
  headers.some(
    ([name, value]) =>
      /^transfer-encoding$/i.test(name) || (/^content-length$/i.test(name) && Number(value) > 0),
  );

/** The same as the commands have it. */
export const wholeOf = ({ content, ...request }: RecordedRequest): WholeRequest => ({
  ...request,
  content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
});
