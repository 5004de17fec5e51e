import { UsageError } from "../exit.js";
import { readHeaderLine } from "../http/header-line.js";
import type { Sources } from "../sources.js";
import type { CurlOption } from "./arguments.js";

/** The headers that the user gives to curl. */
export interface CurlHeaders {
  readonly lines: readonly (readonly [string, string])[];
  /** In lower case: set, or taken off (`-H 'Accept:'`), so curl adds no such header by itself. */
  readonly decided: ReadonlySet<string>;
}

/** They say where the content ends: no signature covers them, and whoever believes a wrong one sees two requests. */
const FRAMING: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

/**
 * Reads every `-H`: `Name: value`, `Name;` for an empty value, `Name:` to take off what curl would add, `@file`.
 * @throws UsageError
 */
export async function readCurlHeaders(
  options: readonly CurlOption[],
  sources: Sources,
  { alreadySigned = false } = {},
): Promise<CurlHeaders> {
  const texts: string[] = [];
  for (const { name, value = "" } of options)
    if (name === "header")
      texts.push(
        ...(value.startsWith("@") ? await readHeaderFile(value.slice(1), sources) : [value]),
      );

  const lines: (readonly [string, string])[] = [];
  const decided = new Set<string>();
  for (const text of texts) {
    const { name, separator, value } = readHeaderLine(text);
    const lower = name.toLowerCase();
    if (lower === "host" && (value === "" || decided.has("host")))
      throw new UsageError(
        "A signed request has one Host. Give -H 'Host: name' once, or not at all.",
      );
    if (lower === "authorization" && !alreadySigned)
      throw new UsageError("The signature goes into the Authorization header. Leave out your own.");
    if (FRAMING.has(lower) && !alreadySigned)
      throw new UsageError(
        `curl sets the header ${name} itself, as the content is; another one cuts the request in two. Leave out your own.`,
      );
    decided.add(lower);
    if (value !== "" || separator === ";") lines.push([name, value]);
  }
  return { lines, decided };
}

async function readHeaderFile(path: string, sources: Sources): Promise<string[]> {
  if (sources.sizeOf(path) === undefined)
    throw new UsageError(
      `The headers in -H @${path} are read twice, here and by curl. Give an ordinary file.`,
    );
  return (await sources.read(path))
    .toString("utf8")
    .split(/[\r\n]+/)
    .filter((line) => line !== "");
}
