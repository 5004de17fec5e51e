import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { StoreLog } from "./store-log.js";

const sinkTo = (lines: string[]) => ({
  log: (text: string) => lines.push(`log ${text}`),
  warn: (text: string) => lines.push(`warn ${text}`),
  error: (text: string) => lines.push(`error ${text}`),
});

describe("StoreLog", () => {
  const printed: string[] = [];
  for (const level of ["log", "warn", "error"] as const)
    jest.spyOn(console, level).mockImplementation((text) => void printed.push(`${level} ${text}`));
  afterEach(() => void printed.splice(0));

  it("goes to the logger that was given, whatever start brings", () => {
    const [given, handed]: string[][] = [[], []];
    const log = new StoreLog(sinkTo(given as string[]));
    log.warn("a");
    log.started(sinkTo(handed as string[]));
    log.log("b");
    log.error("c");
    expect(given).toEqual(["warn a", "log b", "error c"]);
    expect([handed, printed]).toEqual([[], []]);
  });

  it("goes to what start brings, and loses nothing that was said before", () => {
    const handed: string[] = [];
    const log = new StoreLog(undefined);
    log.warn("early");
    log.started(sinkTo(handed));
    log.warn("late");
    log.started(undefined); // a second start that says nothing of it
    log.error("later");
    expect(printed).toEqual(["warn early"]);
    expect(handed).toEqual(["warn late", "error later"]);
  });

  it("goes to the console where start brings none", () => {
    const log = new StoreLog(undefined);
    log.started(undefined);
    log.log("a");
    log.warn("b");
    log.error("c");
    expect(printed).toEqual(["log a", "warn b", "error c"]);
  });

  it("survives a logger that throws", () => {
    const log = new StoreLog({
      warn: () => {
        throw new Error("full");
      },
    });
    expect(() => log.warn("a")).not.toThrow();
  });
});
