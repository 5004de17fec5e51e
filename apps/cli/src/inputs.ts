import { createHash } from "node:crypto";
import { accessSync, constants, createReadStream, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { UsageError } from "./exit.js";
import type { Io } from "./io.js";
import type { Sources } from "./sources.js";

/** Where the bytes come from that the user names: files, and `-` for the standard input. */
export class Inputs implements Sources {
  readonly #stdin: Io["stdin"];
  #stdinRead = false;

  constructor({ stdin }: Pick<Io, "stdin">) {
    this.#stdin = stdin;
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
    const hash = createHash("sha256");
    try {
      await pipeline(createReadStream(path), hash);
    } catch (error) {
      throw unreadable(path, error);
    }
    return hash.digest();
  }

  /** The size of a file that can be read again; undefined for the standard input, a pipe, or none at all. */
  sizeOf(path: string): number | undefined {
    const stats = path === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : undefined;
  }

  async #readStdin(): Promise<Buffer> {
    if (this.#stdinRead) return Buffer.alloc(0);
    this.#stdinRead = true;
    const chunks: Buffer[] = [];
    for await (const chunk of this.#stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  }
}

/** For people. */
export const nameOf = (path: string): string => (path === "-" ? "The standard input" : path);

/**
 * Looks whether a file is there, and opens nothing: a pipe can be read once.
 * @throws UsageError
 */
export function refuseMissing(path: string): void {
  if (path === "-") return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (statSync(path).isDirectory()) throw unreadable(path, { code: "EISDIR" });
}

/** Why a file could not be read, in one line. */
function unreadable(path: string, error: unknown): UsageError {
  const reason = {
    ENOENT: "there is no such file",
    EACCES: "it may not be read",
    EISDIR: "it is a folder",
  };
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new UsageError(
    `Cannot read ${path}: ${reason[code as keyof typeof reason] ?? message}. Check its name and its permissions.`,
  );
}
