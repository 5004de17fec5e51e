import type { Output } from "./io.js";

/** Writes, and waits for a reader that is behind. Says whether there still is one. */
export async function writeAll(output: Output, text: string | Uint8Array): Promise<boolean> {
  const isRead = (): boolean => output.writable !== false;
  if (isRead() && output.write(text) === false && output.once !== undefined)
    await new Promise<void>((resolve) => {
      // Whichever comes, the other is not waited for: it would stay behind with each piece.
      const go = (): void => {
        output.off?.("drain", go);
        output.off?.("close", go);
        resolve();
      };
      output.once?.("drain", go);
      output.once?.("close", go);
    });
  return isRead();
}
