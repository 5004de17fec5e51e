import { contentOf, contentToSign, type ContentToSign } from "./content-to-sign.js";
import type { ReadCredentials } from "./credentials.js";
import { UsageError } from "./exit.js";
import { formatUrl, readWrittenUrl, seenFrom } from "./http/written-url.js";
import type { Inputs } from "./inputs.js";
import type { Io } from "./io.js";
import { signRequest, type DescribedRequest } from "./signing.js";
import { writeAll } from "./write-all.js";

/** One line of the input: a request before it is signed. */
interface RequestLine {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The content: as text, in Base64, or in a file. One of them at most. */
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly bodyFile?: string;
  /** Whatever the caller knows the request by. */
  readonly tag?: unknown;
}

const TEXTS = ["method", "url", "body", "bodyBase64", "bodyFile"];
const MEMBERS = [...TEXTS, "headers", "tag"];

/** In UTF-16 units: a line is a text in memory, and Node's texts have an end. */
const MAX_LINE = 64 * 1024 * 1024;

/** Where they come from. */
interface Source {
  readonly path: string;
  /** Where the API is, for a path in place of a URL. */
  readonly baseUrl?: string;
}

/**
 * Signs one request after the other, each at its own time: a line of JSON in, a line of JSON out.
 * @throws UsageError with the number of the line
 */
export async function signMany(
  { path, baseUrl }: Source,
  inputs: Inputs,
  credentials: ReadCredentials,
  io: Io,
): Promise<void> {
  let number = 0;
  for await (const line of linesOf(inputs.chunks(path))) {
    number += 1;
    if (line.trim() === "") continue;
    try {
      const signed = await signLine(readLine(line), baseUrl, inputs, credentials, io);
      if (!(await writeAll(io.stdout, `${JSON.stringify(signed)}\n`))) return;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`line ${number}: ${error.message}`);
    }
  }
}

async function signLine(
  line: RequestLine,
  baseUrl: string | undefined,
  inputs: Inputs,
  credentials: ReadCredentials,
  io: Io,
): Promise<object> {
  const { method = "GET", headers = {}, url: written, ...rest } = line;
  const url = readWrittenUrl(seenFrom(baseUrl, written));
  const request: DescribedRequest = { method, url, headers: Object.entries(headers) };
  const { content } = await contentIn(line, request, inputs, credentials, io);
  const signed = signRequest({ ...request, content }, credentials, io);
  return {
    method,
    url: formatUrl(url),
    headers: { ...headers, ...Object.fromEntries(signed.headers) },
    ...rest,
  };
}

async function contentIn(
  { body, bodyBase64, bodyFile }: RequestLine,
  request: DescribedRequest,
  inputs: Inputs,
  credentials: ReadCredentials,
  io: Io,
): Promise<ContentToSign> {
  if (bodyFile === "-")
    throw new UsageError("bodyFile must be a file: the standard input is read once.");
  if (bodyFile !== undefined) return contentToSign(bodyFile, request, inputs, credentials, io);
  return contentOf(
    bodyBase64 === undefined ? Buffer.from(body ?? "", "utf8") : Buffer.from(bodyBase64, "base64"),
  );
}

/** Strict: what is misspelt would be left out of the signature. */
function readLine(text: string): RequestLine {
  const line = parse(text);
  for (const [name, value] of Object.entries(line)) {
    if (!MEMBERS.includes(name))
      throw new UsageError(
        `${JSON.stringify(name)} is not known. Known: ${MEMBERS.join(", ")}; put what is your own into tag.`,
      );
    if (TEXTS.includes(name) && typeof value !== "string")
      throw new UsageError(`${name} must be a text.`);
  }
  const { url, headers = {}, bodyBase64 } = line;
  if (url === undefined) throw new UsageError("url is missing.");
  const isMap = typeof headers === "object" && headers !== null && !Array.isArray(headers);
  if (!isMap || Object.values(headers).some((value) => typeof value !== "string"))
    throw new UsageError('headers must be an object of texts: {"content-type": "text/plain"}.');
  if (["body", "bodyBase64", "bodyFile"].filter((name) => name in line).length > 1)
    throw new UsageError("the content is given twice. Give body, bodyBase64 or bodyFile.");
  if (typeof bodyBase64 === "string" && !isBase64(bodyBase64))
    throw new UsageError("bodyBase64 is not Base64 with its padding.");
  return line as unknown as RequestLine;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below, without the line: its content may be private.
  }
  throw new UsageError(
    'is no JSON object. Write {"method": "GET", "url": "https://…"} in one line.',
  );
}

const isBase64 = (text: string): boolean => Buffer.from(text, "base64").toString("base64") === text;

/** Lines as JSON has them: U+2028 is no end of one. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 1;
  let parts: string[] = [];
  let length = 0;
  const add = (part: string): void => {
    length += part.length;
    if (length > MAX_LINE)
      throw new UsageError(
        `line ${number}: is longer than 64 MiB. Put the content into a file, and name it in bodyFile.`,
      );
    parts.push(part);
  };
  for await (const chunk of chunks) {
    const [first = "", ...more] = decode(decoder, chunk).split("\n");
    add(first);
    for (const next of more) {
      yield parts.join("");
      number += 1;
      parts = [];
      length = 0;
      add(next);
    }
  }
  add(decode(decoder));
  yield parts.join("");
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new UsageError("The requests are not UTF-8. Put content of other bytes into bodyBase64.");
  }
}
