import { isUint8Array } from "node:util/types";

export type Callback = (error?: Error | null) => void;

/** What `write` and `end` of a response are called with. */
export type WriteArgs = readonly [
  chunk?: unknown,
  encoding?: BufferEncoding | Callback | null,
  callback?: Callback | null,
];

export function withCallbackLast([chunk, encoding, callback]: WriteArgs): readonly [
  unknown,
  BufferEncoding | undefined,
  Callback | null | undefined,
] {
  if (typeof chunk === "function") return [undefined, undefined, chunk as Callback];
  if (typeof encoding === "function") return [chunk, undefined, encoding];
  return [chunk, encoding ?? undefined, callback];
}

/** The bytes of a chunk; throws what Node throws where it is none. */
export function toBytes(chunk: unknown, encoding: BufferEncoding | undefined): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding);
  if (isUint8Array(chunk)) return chunk;
  throw Object.assign(new TypeError("a chunk of an answer is a string or a Uint8Array"), {
    code: chunk === null ? "ERR_STREAM_NULL_VALUES" : "ERR_INVALID_ARG_TYPE",
  });
}
