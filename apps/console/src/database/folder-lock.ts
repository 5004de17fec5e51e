import { realpathSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigurationError } from "@lacre/core";
import { lock } from "proper-lockfile";
import { FolderClaim } from "./folder-claim.js";
import { folderFault, makeFolder } from "./make-folder.js";
import type { ProcessMark } from "./process-mark.js";

/** How often the owner shows that it lives, and after how long without that it counts as gone, in milliseconds. */
const BEAT_MS = 2_000;
const GONE_MS = 20_000;
const TRIES = 5;

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process alone. Within one system a dead owner is known at once, and a living one keeps the
 * folder even while it hangs. Between machines and containers that share the folder the owner's heartbeat decides.
 * @param onLost told once when somebody else has taken it: whoever goes on writing then destroys data
 * @throws ConfigurationError where another process has it
 */
export async function lockFolder(
  folder: string,
  onLost: (error: Error) => void,
): Promise<FolderLock> {
  makeFolder(folder);
  const path = realpathSync(folder);
  const claim = await claimOf(path);
  try {
    const release = await beat(path, claim, onLost);
    claim.removeStrangers();
    return {
      release: async () => {
        await release();
        claim.release();
      },
    };
  } catch (error) {
    claim.release();
    throw error;
  }
}

function claimed(folder: string): ReturnType<typeof FolderClaim.make> {
  try {
    return FolderClaim.make(join(folder, "claims"));
  } catch (error) {
    throw folderFault(folder, error);
  }
}

/** Two that come at once may both step back, so each tries again a little later. */
async function claimOf(folder: string): Promise<FolderClaim> {
  for (let left = TRIES; ; left -= 1) {
    const claim = claimed(folder);
    if (claim instanceof FolderClaim) return claim;
    if (left === 0) throw inUse(folder, claim === "unreadable" ? undefined : claim);
    await sleep(50 + Math.random() * 200);
  }
}

/** The heartbeat, for those who cannot look at this process. Under a claim: nobody else of this system is here. */
async function beat(
  folder: string,
  claim: FolderClaim,
  onLost: (error: Error) => void,
): Promise<() => Promise<void>> {
  const lockfilePath = join(folder, "heartbeat");
  const take = () =>
    lock(folder, {
      lockfilePath,
      realpath: false,
      stale: GONE_MS,
      update: BEAT_MS,
      onCompromised: onLost,
    });
  const stranger = claim.newestStranger();
  // It belonged to a process of this system, which is gone: nobody else's claim is here.
  if (stranger === undefined) removeDirectory(lockfilePath);
  else await untilSilent(lockfilePath, folder, stranger);
  try {
    return await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOCKED") throw inUse(folder, stranger);
    throw error;
  }
}

/** Waits until the heart of a stranger has not beaten for so long that it counts as gone. */
async function untilSilent(path: string, folder: string, stranger: ProcessMark): Promise<void> {
  const first = beatAt(path);
  while (Date.now() - (beatAt(path) ?? 0) <= GONE_MS) {
    if (beatAt(path) !== first) throw inUse(folder, stranger);
    await sleep(BEAT_MS / 4);
  }
}

function beatAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function removeDirectory(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function inUse(folder: string, owner: ProcessMark | undefined): ConfigurationError {
  const who = owner
    ? `process ${owner.pid} on ${owner.host}, since ${owner.since}`
    : "another process";
  return new ConfigurationError(
    "CONSOLE_DATA",
    `${folder} is in use by ${who}.`,
    "Stop that one first, give this one another folder, or use a PostgreSQL server with DATABASE_URL, which several may share.",
  );
}
