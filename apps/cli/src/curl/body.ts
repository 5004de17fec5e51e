import { basename } from "node:path";
import type { WrittenUrl } from "../http/written-url.js";
import type { DescribedRequest } from "../signing.js";
import type { Sources } from "../sources.js";
import type { Spooled } from "../spool.js";

/** What the content options come to. */
export interface CurlBody {
  readonly content?: DescribedRequest["content"];
  /** How curl is told to send it. */
  readonly words: readonly string[];
  /** What curl reads from its standard input. */
  readonly input?: Buffer;
  /** The file that holds it, where only its digest is in `content`. */
  readonly file?: string;
}

const isStdin = (file: string): boolean => file === "-" || file === ".";

/** curl puts the file's name after a URL that ends in a folder. Done here, it is signed. */
export function withFileName(url: WrittenUrl, file: string): WrittenUrl {
  if (isStdin(file) || !endsInFolder(url)) return url;
  const [path = "", ...query] = url.target.split("?");
  return { ...url, target: [path + encodeURIComponent(basename(file)), ...query].join("?") };
}

const endsInFolder = ({ target }: WrittenUrl): boolean =>
  target.split("?")[0]?.endsWith("/") === true;

/**
 * What `-T` sends.
 * @throws UsageError
 */
export async function readUpload(file: string, sources: Sources): Promise<CurlBody> {
  const size = sources.sizeOf(file);
  if (size === 0) return { words: ["--upload-file", file] };
  if (size !== undefined)
    return {
      content: { sha256: await sources.sha256(file) },
      words: ["--upload-file", file],
      file,
    };
  // A pipe can be read once only: curl gets what was read here.
  const input = await sources.read(isStdin(file) ? "-" : file);
  return { content: input, words: ["--upload-file", "-"], input };
}

/** How curl sends content that was put together here. */
export function sendSpooled(spooled: Spooled, url: WrittenUrl, method: string): CurlBody {
  if ("bytes" in spooled)
    return { content: spooled.bytes, words: ["--data-binary", "@-"], input: spooled.bytes };
  const { path, sha256 } = spooled;
  // curl holds the file of --data-binary in memory, but would write the name of that of --upload-file behind such a URL.
  const words = endsInFolder(url)
    ? ["--data-binary", `@${path}`]
    : ["--request", method, "--upload-file", path];
  return { content: { sha256 }, words, file: path };
}
