import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

/** What tells a process from every other one: its number alone comes again. */
const ProcessMark = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** When the process began, as its system counts. Null where the system does not say. */
  began: z.string().nullable(),
  /** Which start of the machine it is, and within which container: numbers mean something there alone. */
  system: z.string(),
  /** When it opened the folder. */
  since: z.iso.datetime(),
});
export type ProcessMark = z.output<typeof ProcessMark>;

/** Of this process. */
export const ownMark = (): ProcessMark => ({
  pid: process.pid,
  host: hostname(),
  began: beganOf(process.pid),
  system: thisSystem(),
  since: new Date().toISOString(),
});

/** @returns undefined where the text is no whole mark, such as one that is still being written */
export function readMark(text: string): ProcessMark | undefined {
  try {
    return ProcessMark.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether the process is one that this one can look at. Of others nobody here can say whether they live. */
export const isOfThisSystem = (mark: ProcessMark): boolean => mark.system === thisSystem();

/** Whether the process lives. Only of one of this system. In doubt it does. */
export function isAlive({ pid, began }: ProcessMark): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  const now = beganOf(pid);
  return began === null || now === null || began === now;
}

function thisSystem(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${process.platform} ${hostname()}`; // where there is no /proc
  }
}

/** The 22nd field of /proc/<pid>/stat. The second one, a name, may hold blanks and brackets. */
function beganOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : (fields[19] ?? null);
  } catch {
    return null;
  }
}
