import { describe, expect, it } from "@jest/globals";
import { Outage } from "./outage.js";

/** A source that knows some apps. Look-ups wait until `settle`. */
function outageOf(known: string[] = ["demo"]) {
  const time = { ms: 1_000_000 };
  const asked: string[] = [];
  const waiting: ((isAnswered: boolean) => void)[] = [];
  const outage: Outage = new Outage({
    standsMs: 30_000,
    clock: { nowMs: () => time.ms },
    witnessFor: (failedId) =>
      known.find((id) => id !== failedId) ?? known.find((id) => id === failedId),
    lookUp: async (appId) => {
      asked.push(appId);
      const isAnswered = await new Promise<boolean>((resolve) => void waiting.push(resolve));
      if (isAnswered) outage.answered();
      else outage.failed(appId);
      return isAnswered;
    },
  });
  const settle = async (isAnswered: boolean): Promise<void> => {
    for (const resolve of waiting.splice(0)) resolve(isAnswered);
    await new Promise(process.nextTick);
  };
  return { outage, time, asked, settle };
}

describe("Outage", () => {
  it("is over once another app is answered, and further failures say nothing for a second", async () => {
    const { outage, time, asked, settle } = outageOf();
    outage.failed("bad");
    expect([outage.stands, asked]).toEqual([true, ["demo"]]);
    await settle(true);
    expect(outage.stands).toBe(false);
    time.ms += 999;
    for (const id of ["bad", "worse", "demo"]) outage.failed(id);
    expect([outage.stands, asked]).toEqual([false, ["demo"]]);
    time.ms += 1;
    outage.failed("bad");
    expect([outage.stands, asked]).toEqual([true, ["demo", "demo"]]);
  });

  it("stands where the other app is not answered, and asks once a second however much fails", async () => {
    const { outage, time, asked, settle } = outageOf();
    for (let i = 0; i < 100; i++) outage.failed(`id ${i}`);
    expect(asked).toEqual(["demo"]);
    await settle(false);
    time.ms += 999;
    for (let i = 0; i < 100; i++) outage.failed(`id ${i}`);
    expect([outage.stands, asked]).toEqual([true, ["demo"]]);
    time.ms += 1;
    outage.failed("bad");
    expect(asked).toEqual(["demo", "demo"]);
  });

  it("stands while no app is known, until a look-up is answered or its time is over", () => {
    const { outage, time, asked } = outageOf([]);
    outage.failed("bad");
    time.ms += 29_999;
    expect([outage.stands, asked]).toEqual([true, []]);
    time.ms += 1;
    expect(outage.stands).toBe(false);
    outage.failed("bad");
    outage.answered();
    expect(outage.stands).toBe(false);
  });

  it("stands for as long as nothing is answered once an app was there", () => {
    const { outage, time } = outageOf(["bad"]);
    outage.failed("bad");
    time.ms += 3_600_000;
    expect(outage.stands).toBe(true);
    outage.answered();
    expect(outage.stands).toBe(false);
  });

  describe("recheck", () => {
    it("asks nothing while nothing has failed", async () => {
      const { outage, asked } = outageOf();
      await outage.recheck();
      expect(asked).toEqual([]);
    });

    it("is one look-up at a time, also beside the one that began by itself", async () => {
      const { outage, asked, settle } = outageOf();
      outage.failed("bad");
      const checks = Array.from({ length: 50 }, () => outage.recheck());
      expect(asked).toEqual(["demo"]);
      await settle(false);
      await Promise.all(checks);
      const next = outage.recheck(); // whoever asks need not wait for a second to pass
      expect(asked).toEqual(["demo", "demo"]);
      await settle(true);
      await next;
      expect(outage.stands).toBe(false);
    });

    it("keeps an outage in force", async () => {
      const { outage, time, settle } = outageOf();
      outage.failed("other");
      await settle(false);
      time.ms += 29_999;
      const check = outage.recheck();
      await settle(false);
      await check;
      time.ms += 29_999;
      expect(outage.stands).toBe(true);
    });

    it("asks for an app that nobody has where none is known: that there is none is an answer", async () => {
      const { outage, asked, settle } = outageOf([]);
      outage.failed("bad");
      const check = outage.recheck();
      expect(asked).toEqual(["lacre.recheck"]);
      await settle(true);
      await check;
      expect(outage.stands).toBe(false);
    });

    it("draws nothing out where that fails too: the source may throw for whatever it does not know", async () => {
      const { outage, time, settle } = outageOf([]);
      outage.failed("bad");
      time.ms += 29_999;
      const check = outage.recheck();
      await settle(false);
      await check;
      expect(outage.stands).toBe(true);
      time.ms += 1;
      expect(outage.stands).toBe(false);
    });
  });
});
