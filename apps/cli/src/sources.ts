import { UsageError } from "./exit.js";
import type { Spooled } from "./spool.js";

/** Where the bytes come from that a command of curl's names. */
export interface Sources {
  /**
   * All bytes of a file.
   * @throws UsageError
   */
  read(path: string): Promise<Buffer>;
  /**
   * The SHA-256 of a file, whatever its size.
   * @throws UsageError
   */
  sha256(path: string): Promise<Buffer>;
  /**
   * What a file holds, as it comes.
   * @throws UsageError
   */
  chunks(path: string): AsyncIterable<Buffer>;
  /**
   * Keeps content that is put together until it is sent.
   * @throws UsageError
   */
  keep(chunks: AsyncIterable<Buffer>): Promise<Spooled>;
  /** The size of a file that can be read again; undefined for the standard input, a pipe, or none at all. */
  sizeOf(path: string): number | undefined;
}

function refuse(path: string): never {
  throw new UsageError(
    `The command takes ${JSON.stringify(path)} from the machine on which it ran, and no file is read here. Write what is in it in its place.`,
  );
}

/** For a command that came from elsewhere: the files that it names are not those of this machine, and none is opened. */
export const NO_FILES: Sources = {
  read: refuse,
  sha256: refuse,
  chunks: refuse,
  sizeOf: refuse,
  keep: () => {
    throw new UsageError("The command sends a form, and none is put together here.");
  },
};
