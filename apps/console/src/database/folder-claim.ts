import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./make-folder.js";
import { isAlive, isOfThisSystem, ownMark, readMark, type ProcessMark } from "./process-mark.js";

/** A claim that is being written has no content for a moment. */
const UNREADABLE = "unreadable";

interface FoundClaim {
  readonly file: string;
  readonly mark: ProcessMark | typeof UNREADABLE;
}

/**
 * Says that this process wants a folder, in a file of its own, and sees who else does. Whoever sees another one that
 * lives takes its own claim back. So of all processes of one system at most one goes on, however they come: each wrote
 * before it looked, and nobody removes the claim of a process that lives.
 */
export class FolderClaim {
  readonly #folder: string;
  readonly #file: string;

  private constructor(folder: string, file: string) {
    this.#folder = folder;
    this.#file = file;
  }

  /** @returns the claim, or who was there before */
  static make(folder: string): FolderClaim | ProcessMark | typeof UNREADABLE {
    makeFolder(folder);
    const claim = new FolderClaim(folder, `${randomUUID()}.json`);
    writeFileSync(join(folder, claim.#file), JSON.stringify(ownMark()), {
      flag: "wx",
      mode: 0o600,
    });
    for (const { file, mark } of claim.#others()) {
      if (mark === UNREADABLE || (isOfThisSystem(mark) && isAlive(mark))) {
        claim.release();
        return mark;
      }
      if (isOfThisSystem(mark)) claim.#remove(file);
    }
    return claim;
  }

  /** The newest claim of a process that nobody here can look at: one of another machine or container. */
  newestStranger(): ProcessMark | undefined {
    const marks = this.#others().flatMap(({ mark }) => (mark === UNREADABLE ? [] : [mark]));
    return marks.sort((a, b) => (a.since < b.since ? 1 : -1))[0];
  }

  /** Once the folder is this process's: nobody else's claim means anything any more. */
  removeStrangers(): void {
    for (const { file, mark } of this.#others())
      if (mark !== UNREADABLE && !isOfThisSystem(mark)) this.#remove(file);
  }

  release(): void {
    this.#remove(this.#file);
  }

  #others(): FoundClaim[] {
    const found: FoundClaim[] = [];
    for (const file of readdirSync(this.#folder)) {
      if (file === this.#file || !file.endsWith(".json")) continue;
      try {
        const mark = readMark(readFileSync(join(this.#folder, file), "utf8")) ?? UNREADABLE;
        found.push({ file, mark });
      } catch {
        // It was taken back meanwhile.
      }
    }
    return found;
  }

  #remove(file: string): void {
    rmSync(join(this.#folder, file), { force: true });
  }
}
