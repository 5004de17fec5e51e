import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { type HeaderLines, Refusal } from "@lacre/core/scheme";

/** What nobody sends: more would be refused by zlib itself. */
const MAX_BYTES = 2 ** 30;

type Inflater = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer;

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
