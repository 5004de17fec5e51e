import { brotliDecompressSync, constants, gunzipSync, inflateSync } from "node:zlib";
import { type HeaderLines, Refusal } from "@lacre/core/scheme";

/** What nobody sends: more would be refused by zlib itself. */
const MAX_BYTES = 2 ** 30;

interface Terms {
  readonly maxOutputLength: number;
  readonly finishFlush?: number;
}
type Inflater = (bytes: Uint8Array, options: Terms) => Buffer;

const INFLATERS: Readonly<Partial<Record<string, Inflater>>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/**
 * Content without its Content-Encoding, a code point for each byte.
 * @param maxBytes how many it may have then
 * @throws Refusal `header-malformed`, `content-too-large`, `content-mismatch`
 */
export function inflated(headers: HeaderLines, content: string, maxBytes: number): string {
  if (!headers.has("content-encoding")) return content;
  const coding = headers.only("content-encoding")?.toLowerCase() ?? "";
  if (coding === "identity" || content === "") return content;
  const inflate = Object.hasOwn(INFLATERS, coding) ? INFLATERS[coding] : undefined;
  if (inflate === undefined) throw new Refusal("header-malformed", "content-encoding");
  try {
    const bytes = Buffer.from(content, "latin1");
    const maxOutputLength = Math.min(maxBytes, MAX_BYTES);
    return inflate(bytes, { maxOutputLength }).toString("latin1");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ERR_BUFFER_TOO_LARGE"
      ? new Refusal("content-too-large", `more than ${maxBytes} bytes when inflated`)
      : new Refusal("content-mismatch", `no ${coding}`);
  }
}

const BEGINNING_BYTES = 256;
const MAX_BEGINNING_BYTES = 65_536;

/**
 * What content begins with that is compressed, a code point for each byte.
 * @throws Refusal `header-unsigned` where that cannot be told
 */
export function beginningOf(coding: string, content: string): string {
  const inflate = Object.hasOwn(INFLATERS, coding) ? INFLATERS[coding] : undefined;
  const { BROTLI_OPERATION_FLUSH, Z_SYNC_FLUSH } = constants;
  try {
    const bytes = Buffer.from(content.slice(0, BEGINNING_BYTES), "latin1");
    const finishFlush = coding === "br" ? BROTLI_OPERATION_FLUSH : Z_SYNC_FLUSH;
    const begun = inflate?.(bytes, { maxOutputLength: MAX_BEGINNING_BYTES, finishFlush });
    if (begun !== undefined) return begun.toString("latin1");
  } catch {
    // As what nobody can undo.
  }
  throw new Refusal("header-unsigned", "content-encoding");
}
