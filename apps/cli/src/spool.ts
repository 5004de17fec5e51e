import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./exit.js";
import type { Scratch } from "./scratch.js";

/** Content that was put together: in memory, or in a file where it is long. */
export type Spooled = { readonly length: number } & (
  | { readonly bytes: Buffer }
  | { readonly path: string; readonly sha256: Buffer }
);

/** Longer content goes into a file. */
const MAX_IN_MEMORY = 1024 * 1024;

/**
 * Puts content together of which no more than a part is in memory where it is long.
 * @throws UsageError where there is no room for the file
 */
export async function spool(chunks: AsyncIterable<Buffer>, scratch: Scratch): Promise<Spooled> {
  const hash = createHash("sha256");
  let held: Buffer[] = [];
  let length = 0;
  let path = "";
  let file: FileHandle | undefined;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      length += chunk.length;
      held.push(chunk);
      if (length <= MAX_IN_MEMORY) continue;
      path ||= join(await scratch.folder(), "content");
      file ??= await open(path, "wx", 0o600);
      for (const each of held) await file.writeFile(each);
      held = [];
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `The content cannot be kept in a file: ${(error as Error).message}. TMPDIR says where such files are.`,
    );
  } finally {
    await file?.close();
  }
  return file === undefined
    ? { length, bytes: Buffer.concat(held) }
    : { length, path, sha256: hash.digest() };
}
