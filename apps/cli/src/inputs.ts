import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { UsageError } from "./exit.js";
import type { Io } from "./io.js";
import { unreadable } from "./refuse-missing.js";
import { Scratch } from "./scratch.js";
import type { Sources } from "./sources.js";
import { spool, type Spooled } from "./spool.js";

/** Where the bytes come from that the user names: files, and `-` for the standard input. */
export class Inputs implements Sources {
  readonly #io: Pick<Io, "stdin">;
  readonly #scratch: Scratch;
  #stdinRead = false;

  /** @param scratch for what is kept; whoever gives it removes it */
  constructor(io: Pick<Io, "stdin">, scratch = new Scratch()) {
    this.#io = io;
    this.#scratch = scratch;
  }

  /**
   * All bytes of a file. The standard input ends once: a second look at `-` finds nothing.
   * @throws UsageError
   */
  async read(path: string): Promise<Buffer> {
    if (path === "-") return this.#readStdin();
    try {
      return await readFile(path);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /**
   * The same of a file that has something in it.
   * @throws UsageError
   */
  async readFilled(path: string): Promise<Buffer> {
    const bytes = await this.read(path);
    if (bytes.toString("latin1").trim() === "")
      throw new UsageError(`${nameOf(path)} is empty. Check that it was saved.`);
    return bytes;
  }

  /**
   * The SHA-256 of a file, whatever its size.
   * @throws UsageError
   */
  async sha256(path: string): Promise<Buffer> {
    return (await this.digest(path)).sha256;
  }

  /**
   * The SHA-256 and the number of bytes of a file or of the standard input, of which no more than a part is ever in memory.
   * @throws UsageError
   */
  async digest(path: string): Promise<{ readonly sha256: Buffer; readonly length: number }> {
    const hash = createHash("sha256");
    let length = 0;
    for await (const chunk of this.chunks(path)) {
      hash.update(chunk);
      length += chunk.length;
    }
    return { sha256: hash.digest(), length };
  }

  /**
   * What a file or the standard input holds, as it comes. The latter once.
   * @throws UsageError
   */
  async *chunks(path: string): AsyncGenerator<Buffer> {
    if (path === "-" && this.#stdinRead) return;
    this.#stdinRead ||= path === "-";
    const source = path === "-" ? this.#io.stdin : createReadStream(path);
    for await (const chunk of readable(path, source))
      yield typeof chunk === "string" ? Buffer.from(chunk) : bytesOf(chunk);
  }

  /**
   * Keeps content that is put together: long content in a file.
   * @throws UsageError
   */
  keep(chunks: AsyncIterable<Buffer>): Promise<Spooled> {
    return spool(chunks, this.#scratch);
  }

  /** The size of a file that can be read again; undefined for the standard input, a pipe, or none at all. */
  sizeOf(path: string): number | undefined {
    const stats = path === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : undefined;
  }

  async #readStdin(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunks("-")) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

async function* readable(
  path: string,
  source: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Uint8Array | string> {
  try {
    yield* source;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The same bytes, not a copy. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** For people. */
export const nameOf = (path: string): string => (path === "-" ? "The standard input" : path);
