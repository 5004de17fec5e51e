import { ResponseRefusal } from "@lacre/core/portable";

/** The error for an answer that has more content than is held in memory to check it. */
export const tooLarge = (limit: number): ResponseRefusal =>
  new ResponseRefusal(
    "content-too-large",
    `the answer has more than ${limit} bytes, and is checked in memory: raise maxAnswerBytes if it may be so long`,
  );

/**
 * Reads content to its end, but no more than that.
 * @throws ResponseRefusal beyond the limit
 */
export async function readWithin(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let byteLength = 0;
  for await (const part of chunks) {
    byteLength += part.byteLength;
    if (byteLength > limit) throw tooLarge(limit); // leaves the loop, which ends the reading
    parts.push(part);
  }
  return joined(parts, byteLength);
}

/** The chunks of a stream. Some browsers cannot iterate one. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {}); // at its end there is nothing to cancel
  }
}

function joined(parts: readonly Uint8Array[], byteLength: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(byteLength);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
