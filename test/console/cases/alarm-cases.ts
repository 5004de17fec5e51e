import { asc } from "drizzle-orm";
import { Alarms } from "../../../apps/console/src/events/alarms.js";
import { OldRows } from "../../../apps/console/src/happened/old-rows.js";
import { EVENT_TYPES, type EventType } from "../../../apps/console/src/events/event-types.js";
import {
  apps,
  events,
  keys,
  keyUses,
  refusals,
  settings,
  verdictMinutes,
} from "../../../apps/console/src/database/tables.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What the console finds by itself. */
export function alarmCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let nowMs = Date.parse("2026-05-10T12:00:00Z");
  const clock = { nowMs: () => nowMs };
  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), { settings: { clock } });
    const teamId = await lacre.team("blue");
    await lacre.database.db.insert(apps).values([
      { id: "shop", name: "Shop", teamId },
      { id: "billing", name: "Billing", teamId },
    ]);
  });
  beforeEach(async () => {
    const { db } = lacre.database;
    for (const table of [events, keyUses, verdictMinutes, refusals, keys, settings])
      await db.delete(table);
  });
  afterAll(() => lacre.close());

  const look = () => lacre.app.get(Alarms, { strict: false }).look();
  const told = async () => {
    const rows = await lacre.database.db.select().from(events).orderBy(asc(events.at));
    return rows.map(({ type, payload }) => [type, payload] as const);
  };
  const after = (ms: number) => new Date(nowMs + ms);
  async function key(id: string, more: Partial<typeof keys.$inferInsert> = {}): Promise<void> {
    const sealed = Buffer.from("none");
    await lacre.database.db.insert(keys).values({
      ...{ id, appId: "shop", scheme: "lacre1", fingerprint: "00000000", mark: id },
      ...{ sealed, wrappedKey: sealed, wrappedBy: "none", notBefore: after(-100 * DAY) },
      ...{ createdAt: after(-100 * DAY), ...more },
    });
  }
  const use = (keyId: string, lastMinute: Date, source = "192.0.2.1") =>
    lacre.database.db
      .insert(keyUses)
      .values({ keyId, appId: "shop", source, scheme: "lacre1", lastMinute, count: 1 });
  const replays = (appId: string, minute: Date, count: number, service = "api") =>
    lacre.database.db.insert(verdictMinutes).values({
      ...{ minute, appId, keyId: "k", scheme: "lacre1", code: "nonce-seen", service, count },
    });

  it("tells of a key that ends soon: once for each stage, and again when its end is moved", async () => {
    await key("soon", { expiresAt: after(10 * DAY) });
    await key("later", { expiresAt: after(15 * DAY) });
    await key("never");
    await key("revoked", { expiresAt: after(DAY), state: "revoked" });
    const began = nowMs;
    for (const days of [0, 0, 2, 3.5, 8, 9.5]) {
      nowMs = began + days * DAY;
      await look();
    }
    nowMs = began;
    const stages = (await told()).filter(([type]) => type === "key.expiring");
    expect(stages.map(([, { keyId, days }]) => [keyId, days].join(" "))).toEqual([
      "soon 14",
      "later 14",
      "soon 7",
      "later 7",
      "soon 1",
    ]);
    await lacre.database.db.update(keys).set({ expiresAt: after(12 * DAY) });
    await look();
    expect((await told()).filter(([, { days }]) => days === 14)).toHaveLength(5);
  });

  it("tells of a key that has ended, and when it was used last, once", async () => {
    await key("ended", { expiresAt: after(-MINUTE) });
    await key("long ago", { expiresAt: after(-3 * DAY) });
    await key("revoked", { expiresAt: after(-MINUTE), state: "revoked" });
    await use("ended", after(-2 * MINUTE));
    await use("ended", after(-DAY), "192.0.2.2");
    await look();
    await look();
    expect(await told()).toEqual([
      [
        "key.expired",
        {
          ...{ appId: "shop", keyId: "ended", scheme: "lacre1" },
          ...{ expiresAt: "2026-05-10T11:59:00.000Z", lastUsedAt: "2026-05-10T11:58:00.000Z" },
        },
      ],
    ]);
  });

  it("tells of a replaced key that is used late in its rotation, once a day", async () => {
    await key("old", { expiresAt: after(10 * DAY + MINUTE) });
    await key("new", { replaces: "old", notBefore: after(-MINUTE) });
    await key("open");
    await key("open-new", { replaces: "open", notBefore: after(-DAY) });
    await key("single");
    const began = nowMs;
    const oldUsed = async () =>
      (await told())
        .filter(([type]) => type === "key.old-used")
        .map(([, { keyId, lastUsedAt }]) => [keyId, lastUsedAt].join(" "));
    for (const id of ["old", "new", "single"]) await use(id, after(0));
    await look();
    expect(await oldUsed()).toEqual([]); // in the first half of the overlap
    await use("open", after(0));
    for (const days of [5.1, 5.2, 6.1]) {
      nowMs = began + days * DAY;
      await use("old", after(0), `source ${days}`);
      await look();
      await look();
    }
    nowMs = began;
    expect(await oldUsed()).toEqual([
      "old 2026-05-15T14:24:00.000Z",
      "old 2026-05-16T14:24:00.000Z",
    ]);
    await look();
    expect(await oldUsed()).toContain("open 2026-05-10T12:00:00.000Z");
  });

  it("tells of a storm of replays once, however long it is and whoever tells of it late", async () => {
    await lacre.database.db
      .insert(settings)
      .values({ name: "alarms", value: { replayStormPerMinute: 30, keyExpiringDays: 14 } });
    const began = nowMs;
    await replays("billing", after(0), 29);
    await replays("shop", after(0), 15);
    await replays("shop", after(0), 15, "files");
    await look();
    await replays("shop", after(-2 * MINUTE), 99); // told late
    for (let minute = 1; minute < 100; minute++) {
      nowMs = began + minute * MINUTE;
      await replays("shop", after(0), 40);
      if (minute % 9 === 0) await look();
    }
    nowMs = began;
    expect(await told()).toEqual([
      [
        "app.replay-storm",
        { appId: "shop", minute: "2026-05-10T12:00:00.000Z", count: 30, allowed: 30 },
      ],
    ]);
    nowMs = began + 150 * MINUTE;
    await replays("shop", after(0), 31);
    await look();
    nowMs = began;
    expect(await told()).toHaveLength(2);
  });

  it("says of each type what its example says", async () => {
    await key("soon", { expiresAt: after(DAY) });
    await key("ended", { expiresAt: after(-MINUTE) });
    await key("new", { replaces: "ended", notBefore: after(-DAY) });
    await use("ended", after(-2 * MINUTE));
    await replays("shop", after(0), 99);
    await look();
    const shapes = (await told()).map(([type, payload]) => [type, Object.keys(payload).sort()]);
    const expected = Object.entries(EVENT_TYPES)
      .filter(([type]) => type !== ("webhook.test" satisfies EventType))
      .map(([type, { example }]) => [type, Object.keys(example).sort()]);
    const byType = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(byType(shapes)).toEqual(byType(expected));
  });

  it("is looked for by one console at a time, and told by one", async () => {
    await key("ended", { expiresAt: after(-MINUTE) });
    await Promise.all([look(), look(), look()]);
    expect(await told()).toHaveLength(1);
  });

  it("tells nothing again because the settings keep little", async () => {
    const { db } = lacre.database;
    await db.insert(settings).values({ name: "minuteDays", value: 1 });
    await key("soon", { expiresAt: after(13 * DAY) });
    await look();
    await db.update(events).set({ at: after(-5 * DAY) });
    await lacre.app.get(OldRows, { strict: false }).remove();
    await look();
    expect(await told()).toHaveLength(1);
    expect((await db.select().from(events))[0]?.at).toEqual(after(-5 * DAY));
  });

  it("removes what is older than the settings say, and nothing else", async () => {
    const { db } = lacre.database;
    for (const days of [1, 31, 399, 401]) {
      await replays("shop", after(-days * DAY), 1);
      await db.insert(refusals).values({
        ...{ at: after(-days * DAY), service: "api", code: "nonce-seen", status: 401 },
        ...{ proven: true, method: "GET", requestId: "r", detail: {} },
      });
    }
    await db.insert(events).values([
      { id: "e1", type: "key.expired", payload: {}, at: after(-401 * DAY) },
      { id: "e2", type: "key.expired", payload: {}, at: after(-399 * DAY) },
    ]);
    await lacre.app.get(OldRows, { strict: false }).remove();
    expect(await db.$count(verdictMinutes)).toBe(3);
    expect(await db.$count(refusals)).toBe(1);
    expect(await db.$count(events)).toBe(1);
  });
}
