import { UsageError } from "../exit.js";

/** What chunks come to; `complete` is false when the last one is missing. */
export interface Unchunked {
  readonly bytes: Buffer;
  readonly complete: boolean;
}

const SIZE_LINE = /^([0-9a-f]{1,8})[\t ]*(?:;.*)?$/i;

/**
 * Takes the chunked coding off (RFC 9112 §7.1). Line ends may be bare LF, as in a recording that went through an
 * editor. Trailers are dropped: they are never read.
 * @throws UsageError
 */
export function decodeChunked(body: Buffer): Unchunked {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\n", at);
    if (lineEnd < 0) return { bytes: Buffer.concat(chunks), complete: false };
    const line = body.toString("latin1", at, lineEnd).replace(/\r$/, "");
    const size = parseInt(SIZE_LINE.exec(line)?.[1] ?? "", 16);
    if (Number.isNaN(size))
      throw new UsageError(
        "The chunked body is broken: a chunk does not begin with its size. Record the bytes as sent.",
      );
    if (size === 0) return { bytes: Buffer.concat(chunks), complete: true };

    const start = lineEnd + 1;
    chunks.push(body.subarray(start, start + size));
    if (start + size >= body.length) return { bytes: Buffer.concat(chunks), complete: false };
    at = start + size + (body[start + size] === 0x0d ? 1 : 0);
    if (body[at] !== 0x0a)
      throw new UsageError(
        "The chunked body is broken: a chunk is longer than its size. Record the bytes as sent.",
      );
    at += 1;
  }
}
