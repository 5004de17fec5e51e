import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "./folder-lock.js";
import { isAlive, ownMark, type ProcessMark } from "./process-mark.js";

const never = (error: Error): void => {
  throw error;
};
/** A number that a process had. */
const ended = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock of the data folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lacre-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What an owner leaves that ended without a word, after its heart beat for the last time so many seconds ago. */
  function leaveBehind(mark: Partial<ProcessMark>, secondsAgo = 0): void {
    mkdirSync(join(folder, "claims"), { recursive: true });
    writeFileSync(join(folder, "claims", "before.json"), JSON.stringify({ ...ownMark(), ...mark }));
    mkdirSync(join(folder, "heartbeat"));
    const at = new Date(Date.now() - secondsAgo * 1000);
    utimesSync(join(folder, "heartbeat"), at, at);
  }

  it("lets nobody else in, and says who is there and what to do", async () => {
    const lock = await lockFolder(folder, never);
    await expect(lockFolder(folder, never)).rejects.toThrow(
      new RegExp(
        `CONSOLE_DATA: .*lacre-lock-.* is in use by process ${process.pid} on .*, since 20.*Stop`,
      ),
    );
    await lock.release();
    await (await lockFolder(folder, never)).release();
    expect(readdirSync(folder)).toEqual(["claims"]);
  });

  it("passes at once from an owner that has ended, even while its heartbeat is fresh", async () => {
    leaveBehind({ pid: ended(), began: null });
    await (await lockFolder(folder, never)).release();
  });

  it("passes at once from an owner whose number another process has now", async () => {
    leaveBehind({ began: "1" });
    await (await lockFolder(folder, never)).release();
  });

  it("stays with an owner that lives, however long its heart has not beaten", async () => {
    leaveBehind({}, 3600);
    await expect(lockFolder(folder, never)).rejects.toThrow("is in use by process");
  });

  it("passes from another machine once its heart has not beaten for long, and leaves no traces", async () => {
    leaveBehind({ host: "elsewhere", system: "another" }, 60);
    await (await lockFolder(folder, never)).release();
    expect(readdirSync(join(folder, "claims"))).toEqual([]);
  });

  it("stays with another machine whose heart beats", async () => {
    leaveBehind({ host: "elsewhere", system: "another", pid: 7 });
    const beating = setInterval(
      () => utimesSync(join(folder, "heartbeat"), new Date(), new Date()),
      20,
    );
    await expect(lockFolder(folder, never)).rejects.toThrow("process 7 on elsewhere");
    clearInterval(beating);
  });

  it("is given to one of many that come at once", async () => {
    leaveBehind({ pid: ended(), began: null });
    const came = await Promise.allSettled(
      Array.from({ length: 8 }, () => lockFolder(folder, never)),
    );
    const owners = came.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(owners.length).toBeLessThanOrEqual(1);
    await owners[0]?.release();
  });

  it("tells the dead from the living", () => {
    expect(isAlive(ownMark())).toBe(true);
    expect(isAlive({ ...ownMark(), pid: ended(), began: null })).toBe(false);
    expect(isAlive({ ...ownMark(), pid: 1, began: null })).toBe(true);
  });
});
