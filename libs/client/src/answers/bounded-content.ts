import { ContentBuffer } from "./content-buffer.js";

/**
 * Reads content to its end, but no more than that.
 * @param declared how many bytes are expected
 * @throws ResponseRefusal beyond the limit
 */
export async function readWithin(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  declared?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new ContentBuffer(limit, declared);
  for await (const part of chunks) content.add(part); // an error ends the reading
  return content.bytes;
}

/** The chunks of a stream. Some browsers cannot iterate one. Whoever stops early has it cancelled, also while it waits. */
export function chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncIterableIterator<Uint8Array, undefined> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array, undefined>>,
    async return() {
      reader.cancel().catch(() => {});
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
