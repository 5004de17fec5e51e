import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the files of one run, which its owner alone can open. */
export class Scratch {
  #made: string | undefined;

  /** Makes it where there is none yet. */
  async folder(): Promise<string> {
    return (this.#made ??= await mkdtemp(join(tmpdir(), "lacre-curl-")));
  }

  get isUsed(): boolean {
    return this.#made !== undefined;
  }

  /** Removes it with all that is in it. */
  async remove(): Promise<void> {
    if (this.#made !== undefined) await rm(this.#made, { recursive: true });
  }
}
