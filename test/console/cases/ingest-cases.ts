import { randomUUID } from "node:crypto";
import { jest } from "@jest/globals";
import { eq, sql } from "drizzle-orm";
import type { Verdict } from "@lacre/nestjs";
import { ConsoleVerdicts, MasterKeyWrapper } from "@lacre/stores/console";
import { Batch, type ToldCount, type ToldRefusal } from "../../../apps/console/src/ingest/batch.js";
import { Ingest } from "../../../apps/console/src/ingest/ingest.js";
import {
  keyUses,
  refusals,
  verdictBatches,
  verdictHours,
  verdictMinutes,
} from "../../../apps/console/src/database/tables.js";
import type { Databases } from "../support/databases.js";
import { Forger } from "../support/forger.js";
import { RegistryWriter, until, type Known } from "../support/registry.js";
import { TestConsole } from "../support/test-console.js";

const AHEAD_MS = 5_000;
const NOW_MINUTE = Math.floor(Date.now() / 60_000);

const count = (more: Partial<ToldCount> = {}): ToldCount => ({
  minute: NOW_MINUTE,
  appId: "orders",
  keyId: "orders-key",
  scheme: "lacre1",
  code: "accepted",
  source: "10.0.0.1",
  count: 1,
  driftSum: 0,
  driftCount: 0,
  driftMost: 0,
  ...more,
});
const refusal = (more: Partial<ToldRefusal> = {}): ToldRefusal => ({
  at: new Date().toISOString(),
  code: "signature-mismatch",
  status: 401,
  proven: false,
  method: "GET",
  requestId: "r1",
  message: "signature-mismatch",
  durationMs: 1,
  ...more,
});
const batch = (counts: ToldCount[], refused: ToldRefusal[] = []): Batch => ({
  id: randomUUID(),
  lost: 0,
  counts,
  refusals: refused,
});

/** How verdicts come in, and what of them is kept. */
export function ingestCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let forger: Forger;
  let ingest: Ingest;
  let service: Known;
  const open: ConsoleVerdicts[] = [];

  beforeAll(async () => {
    forger = await Forger.start();
    lacre = await TestConsole.start(databases(), { settings: { origin: forger.url } });
    forger.target = Number(new URL(lacre.url).port);
    const registry = new RegistryWriter(lacre.database.db, new MasterKeyWrapper(lacre.masterKey));
    service = await registry.service("orders-service");
    await registry.app("orders");
    await registry.app("other");
    await registry.key("orders", { id: "orders-next", scheme: "hawk" });
    ingest = lacre.app.get(Ingest, { strict: false });
  });
  beforeEach(async () => {
    for (const table of [verdictMinutes, verdictHours, keyUses, refusals, verdictBatches])
      await lacre.database.db.delete(table);
  });
  afterEach(async () => {
    forger.isDown = false;
    forger.forge = () => undefined;
    for (const verdicts of open.splice(0)) await verdicts.close();
  });
  afterAll(async () => {
    await lacre.close();
    forger.close();
  });

  const MINUTE = {
    appId: verdictMinutes.appId,
    keyId: verdictMinutes.keyId,
    code: verdictMinutes.code,
    service: verdictMinutes.service,
    count: verdictMinutes.count,
  };
  const minutes = () =>
    lacre.database.db.select(MINUTE).from(verdictMinutes).orderBy(verdictMinutes.appId);
  const uses = () => lacre.database.db.select().from(keyUses).orderBy(keyUses.keyId);

  describe("a batch", () => {
    it("counts once, however often and at once it is sent", async () => {
      const told = batch(
        [count({ count: 5 }), count({ count: 2, source: "10.0.0.2" })],
        [refusal()],
      );
      const all = await Promise.all(Array.from({ length: 8 }, () => ingest.take("a", told)));
      expect(all.filter(Boolean)).toHaveLength(1);
      expect(await minutes()).toEqual([
        { appId: "orders", keyId: "orders-key", code: "accepted", service: "a", count: 7 },
      ]);
      expect(await lacre.database.db.select().from(refusals)).toHaveLength(1);
    });

    it("of another service may have the same id", async () => {
      const told = batch([count()]);
      expect([await ingest.take("a", told), await ingest.take("b", told)]).toEqual([true, true]);
      expect((await minutes()).map((row) => row.service).toSorted()).toEqual(["a", "b"]);
    });

    it("adds to what was counted in that minute, drift included", async () => {
      const drift = { driftSum: -4, driftCount: 2, driftMost: 3 };
      await ingest.take("a", batch([count(drift)]));
      await ingest.take(
        "a",
        batch([count({ count: 3, driftSum: 1, driftCount: 1, driftMost: 1 })]),
      );
      const [row] = await lacre.database.db.select().from(verdictMinutes);
      expect(row).toMatchObject({ count: 4, driftSum: -3, driftCount: 3, driftMax: 3 });
    });

    it("makes no row of a name that the console does not know", async () => {
      const strangers = Array.from({ length: 500 }, (_, i) =>
        count({ appId: `stranger-${i}`, keyId: `k-${i}`, code: "app-unknown", source: "" }),
      );
      await ingest.take("a", batch([...strangers, count({ keyId: "made-up" })]));
      await ingest.take("a", batch([count({ appId: "other" })])); // the key of another app
      expect(await minutes()).toEqual([
        { appId: "", keyId: "", code: "app-unknown", service: "a", count: 500 },
        { appId: "orders", keyId: "", code: "accepted", service: "a", count: 1 },
        { appId: "other", keyId: "", code: "accepted", service: "a", count: 1 },
      ]);
      expect(await uses()).toEqual([]);
    });

    it("is of no other time than the console's own day", async () => {
      await ingest.take("a", batch([count({ minute: 0 }), count({ minute: NOW_MINUTE + 99 })]));
      const rows = await lacre.database.db.select().from(verdictMinutes);
      const ages = rows.map(({ minute }) =>
        Math.round((Date.now() - minute.getTime()) / 3_600_000),
      );
      expect(ages.toSorted((a, b) => a - b)).toEqual([0, 24]);
    });

    it("counts the same by the hour as by the minute, late ones too, whoever tells them at once", async () => {
      const { db } = lacre.database;
      const told = Array.from({ length: 6 }, (_, i) =>
        Array.from({ length: 300 }, (__, j) =>
          count({ minute: NOW_MINUTE - ((i * 37 + j * 11) % 2_000), count: 1 + (j % 5) }),
        ),
      );
      await Promise.all(
        told.map((counts, i) => ingest.take(i % 2 === 0 ? "a" : "b", batch(counts))),
      );
      const { service: by, count: counted } = verdictMinutes;
      const ofMinutes = await db
        .select({
          at: sql`date_trunc('hour', minute)`.mapWith(String),
          by,
          sum: sql`sum(${counted})`.mapWith(Number),
        })
        .from(verdictMinutes)
        .groupBy(sql`1`, by)
        .orderBy(sql`1`, by);
      const ofHours = await db
        .select({
          at: sql`hour`.mapWith(String),
          by: verdictHours.service,
          sum: verdictHours.count,
        })
        .from(verdictHours)
        .orderBy(verdictHours.hour, verdictHours.service);
      expect(ofHours).toEqual(ofMinutes);
      expect(ofHours.length).toBeGreaterThan(40);
      expect(ofHours.reduce((all, { sum }) => all + sum, 0)).toBe(
        told.flat().reduce((all, one) => all + one.count, 0),
      );
    });

    it("goes on counting beyond what an integer holds", async () => {
      for (let i = 0; i < 3; i++)
        await ingest.take("a", batch([count({ count: 1e9, driftCount: 1e9, driftSum: 6e14 })]));
      expect(await uses()).toMatchObject([{ count: 3e9 }]);
      const { db } = lacre.database;
      const counted = { count: 3e9 };
      expect(await db.select().from(verdictHours)).toMatchObject([counted]);
      expect(await db.select().from(verdictMinutes)).toMatchObject([
        { ...counted, driftCount: 3e9, driftSum: 1.8e15 },
      ]);
    });

    it("notes from where a key was used, and from at most 200 places", async () => {
      await ingest.take("a", batch([count({ count: 3 })]));
      await ingest.take("b", batch([count({ count: 4 }), count({ keyId: "orders-next" })]));
      const [first, second] = await uses();
      expect(first).toMatchObject({ keyId: "orders-key", source: "10.0.0.1", count: 7 });
      expect(second).toMatchObject({ keyId: "orders-next", count: 1 });
      const everywhere = Array.from({ length: 300 }, (_, i) => count({ source: `10.1.0.${i}` }));
      await ingest.take("a", batch(everywhere));
      const rows = (await uses()).filter(({ keyId }) => keyId === "orders-key");
      expect(rows).toHaveLength(201);
      expect(rows.find(({ source }) => source === "")?.count).toBe(101);
    });

    it("tells those who watch which refusals are new", async () => {
      const heard: string[] = [];
      const unlisten = await lacre.database.listen("lacre_verdicts", (range) => heard.push(range));
      await ingest.take("a", batch([], [refusal(), refusal()]));
      const ids = (await lacre.database.db.select().from(refusals)).map(({ seq }) => seq);
      await until(() => heard.length > 0);
      expect(heard).toEqual([`${Math.min(...ids)} ${Math.max(...ids)}`]);
      await unlisten();
    });

    it("is refused as a whole where any of it is not as it must be", async () => {
      const good = batch([count()], [refusal()]);
      const wrong: unknown[] = [
        { ...good, id: "short" },
        { ...good, service: "b" },
        { ...good, lost: -1 },
        { ...good, counts: [{ ...count(), count: 0 }] },
        { ...good, counts: [{ ...count(), count: 1.5 }] },
        { ...good, counts: [{ ...count(), code: "DROP TABLE" }] },
        { ...good, counts: [{ ...count(), service: "b" }] },
        { ...good, counts: Array.from({ length: 1_001 }, () => count()) },
        { ...good, refusals: [{ ...refusal(), message: "x".repeat(501) }] },
        { ...good, refusals: [{ ...refusal(), at: "yesterday" }] },
        { ...good, refusals: [{ ...refusal(), apiKey: "lk1_" }] },
        { ...good, refusals: Array.from({ length: 501 }, () => refusal()) },
        [],
        null,
      ];
      for (const told of wrong)
        expect([told, Batch.safeParse(told).success]).toEqual([told, false]);
      expect(Batch.safeParse(good).success).toBe(true);
    });
  });

  describe("ConsoleVerdicts", () => {
    const clock = { nowMs: () => Date.now() + AHEAD_MS };
    const lines: string[] = [];
    const logger = {
      warn: (line: unknown) => void lines.push(String(line)),
      error: (line: unknown) => void lines.push(String(line)),
    };
    const telling = (more: { capacity?: number; flushSeconds?: number } = {}): ConsoleVerdicts => {
      const verdicts = new ConsoleVerdicts({ url: forger.url, ...service, clock, logger, ...more });
      open.push(verdicts);
      return verdicts;
    };
    const facts = { method: "GET", requestId: "r1", durationMs: 1, address: "10.0.0.1" };
    const accepted = (appId = "orders"): Verdict => ({
      ...facts,
      outcome: "accepted",
      canonicalSha256: "0".repeat(64),
      principal: {
        appId,
        keyId: `${appId}-key`,
        scheme: "lacre1",
        timestamp: Math.floor(clock.nowMs() / 1000) - 2,
        scopes: [],
        attributes: {},
        signedHeaders: [],
        nonce: "n",
        presigned: false,
      },
    });
    const refused = (more: object = {}): Verdict => ({
      ...facts,
      outcome: "refused",
      code: "signature-mismatch",
      status: 401,
      message: "signature-mismatch",
      proven: false,
      appId: "orders",
      scheme: "lacre1",
      ...more,
    });
    const total = async (): Promise<number> => {
      const [row] = await lacre.database.db
        .select({ sum: sql<string>`coalesce(sum(${verdictMinutes.count}), 0)` })
        .from(verdictMinutes);
      return Number(row?.sum);
    };

    /** The fence of a console that has just started is over. */
    const behindTheFence = () =>
      until(async () => {
        const verdicts = telling();
        verdicts.observe(accepted());
        await verdicts.close();
        return (await total()) > 0;
      });

    it("tells under the name of its service what was accepted and refused, and what is left at the end", async () => {
      await behindTheFence();
      await lacre.database.db.delete(verdictMinutes);
      await lacre.database.db.delete(keyUses);
      const verdicts = telling();
      const deadKey = { id: "old", why: "revoked" };
      for (let i = 0; i < 100; i++) verdicts.observe(accepted());
      verdicts.observe(refused({ note: "by a revoked key", deadKey, message: "m".repeat(600) }));
      await verdicts.close();
      expect((await minutes()).toSorted((a, b) => a.count - b.count)).toEqual([
        {
          appId: "orders",
          keyId: "",
          code: "signature-mismatch",
          service: "orders-service",
          count: 1,
        },
        {
          appId: "orders",
          keyId: "orders-key",
          code: "accepted",
          service: "orders-service",
          count: 100,
        },
      ]);
      const [row] = await lacre.database.db.select().from(refusals);
      expect(row).toMatchObject({ service: "orders-service", proven: false, address: "10.0.0.1" });
      expect(row?.detail).toMatchObject({
        ...{ note: "by a revoked key", deadKey, message: "m".repeat(500) },
      });
      const [clocks] = await lacre.database.db
        .select()
        .from(verdictMinutes)
        .where(eq(verdictMinutes.code, "accepted"));
      expect(clocks).toMatchObject({ driftCount: 100, driftMax: 2 });
    });

    it("tells what strangers write as text that can be kept, and drops what is not taken", async () => {
      await behindTheFence();
      const halved = `${"x".repeat(499)}\u{1f600}`;
      const verdicts = telling();
      verdicts.observe(refused({ appId: "a\0b", message: halved, method: "\ud800" }));
      await verdicts.close();
      const [row] = await lacre.database.db.select().from(refusals);
      expect(row).toMatchObject({ appId: "a\ufffdb", method: "\ufffd" });
      expect(row?.detail.message).toBe(`${"x".repeat(499)}\ufffd`);
      // A scheme whose name the console does not take: such a batch never goes in.
      lines.length = 0;
      const blocked = telling();
      blocked.observe(refused({ scheme: "No Such" }));
      await blocked.close();
      expect(lines.join()).toMatch(/takes no verdicts like these \(400\): 1 are lost/);
      const goesOn = telling();
      goesOn.observe(accepted());
      await lacre.database.db.delete(verdictMinutes);
      await goesOn.close();
      expect(await total()).toBe(1);
    });

    it("says that its service is there where there is nothing to tell, and nothing at all once it is closed", async () => {
      await behindTheFence();
      const { db } = lacre.database;
      for (const table of [verdictMinutes, verdictBatches]) await db.delete(table);
      const others = ["Date", "nextTick", "performance", "queueMicrotask", "setImmediate"] as const;
      jest.useFakeTimers({ doNotFake: [...others, "setInterval", "clearInterval"] });
      try {
        telling();
        const closed = telling();
        void closed.close();
        jest.advanceTimersByTime(59_000);
        expect(await db.$count(verdictBatches)).toBe(0);
        jest.advanceTimersByTime(1_000);
      } finally {
        jest.useRealTimers();
      }
      await until(async () => (await db.$count(verdictBatches)) > 0);
      const told = await db.select().from(verdictBatches);
      expect(told).toMatchObject([{ service: "orders-service", lost: 0 }]);
      expect(await total()).toBe(0);
    });

    it("sends a batch again whose answer was lost, and it counts once", async () => {
      await behindTheFence();
      await lacre.database.db.delete(verdictMinutes);
      let lost = 0;
      forger.forge = (passing, { url }) => {
        if (url === "/v1/ingest" && lost++ === 0) passing.status = 500;
      };
      const verdicts = telling();
      for (let i = 0; i < 600; i++) verdicts.observe(refused());
      await until(async () => lost > 1 && (await total()) === 600);
      await verdicts.close();
      expect(await total()).toBe(600);
      expect(await lacre.database.db.select().from(refusals)).toHaveLength(600);
    });

    it("drops the oldest refusals where there are too many, counts them all the same, and tells the loss", async () => {
      await behindTheFence();
      await lacre.database.db.delete(verdictMinutes);
      forger.isDown = true;
      const verdicts = telling({ capacity: 50 });
      for (let i = 0; i < 500; i++) verdicts.observe(refused({ requestId: `r${i}` }));
      forger.isDown = false;
      await verdicts.close();
      expect(await total()).toBe(500);
      const rows = await lacre.database.db.select().from(refusals).orderBy(refusals.seq);
      expect(rows.map(({ requestId }) => requestId)).toEqual(
        Array.from({ length: 50 }, (_, i) => `r${450 + i}`),
      );
      const batches = await lacre.database.db.select().from(verdictBatches);
      expect(batches.reduce((sum, { lost: n }) => sum + n, 0)).toBe(450);
    });

    it("sends the longest refusals in batches that the console takes", async () => {
      await behindTheFence();
      const verdicts = telling({ flushSeconds: 30 });
      const long = { message: 'é"'.repeat(400), note: "ß".repeat(900), route: "/x".repeat(400) };
      for (let i = 0; i < 500; i++) verdicts.observe(refused(long));
      await verdicts.close();
      expect(await lacre.database.db.select().from(refusals)).toHaveLength(500);
    });

    it("ends in time where the console is away, and prints no key", async () => {
      forger.isDown = true;
      const verdicts = telling();
      for (let i = 0; i < 10_000; i++) verdicts.observe(refused({ appId: `stranger-${i}` }));
      const startedMs = performance.now();
      await verdicts.close();
      expect(performance.now() - startedMs).toBeLessThan(4_000);
      expect(lines.join("\n")).not.toContain("lk1_");
    });
  });
}
