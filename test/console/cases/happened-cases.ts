import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Person } from "../../../apps/console/src/access/person.js";
import {
  apps,
  audit,
  refusals,
  verdictBatches,
} from "../../../apps/console/src/database/tables.js";
import { COUNTED, verdictCounts } from "../../../apps/console/src/happened/verdict-counts.js";
import type { VerdictFilter } from "../../../apps/console/src/happened/verdict-filter.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";
import { addVerdicts, type MinuteRow } from "../support/verdict-rows.js";

type Minute = Partial<MinuteRow>;
type Refused = Partial<typeof refusals.$inferInsert>;

const minute = (at: string, appId: string, code: string, count: number, more: Minute = {}) => ({
  ...{ minute: new Date(at), appId, code, count },
  ...{ keyId: "", scheme: "lacre1", service: "api", ...more },
});
const AUDITOR: Person = {
  ...{ id: "p", login: "p", name: "P", sessionId: "s" },
  ...{ role: "viewer", subrole: "auditor", teamIds: [] },
};

/** The same numbers each time. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** What happened, and who sees it. */
export function happenedCases(databases: () => Databases): void {
  let lacre: TestConsole;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    lacre = await TestConsole.start(databases());
    const { db } = lacre.database;
    const [blue, red] = [await lacre.team("blue"), await lacre.team("red")];
    await db.insert(apps).values([
      { id: "shop", name: "Shop", teamId: blue },
      { id: "billing", name: "Billing", teamId: red },
    ]);
    tokens.auditor = (await lacre.somebody("viewer:auditor")).token;
    tokens.blue = (await lacre.somebody("developer", [blue])).token;
    tokens.nobody = (await lacre.somebody("viewer:team")).token;
    await addVerdicts(db, [
      minute("2026-03-01T09:59:00Z", "shop", "nonce-seen", 7),
      minute("2026-03-01T10:00:00Z", "shop", "accepted", 5),
      minute("2026-03-01T10:00:00Z", "shop", "nonce-seen", 2),
      minute("2026-03-01T10:07:00Z", "billing", "nonce-seen", 3, { service: "files" }),
      minute("2026-03-01T10:59:00Z", "shop", "accepted", 4, { scheme: "hawk" }),
      minute("2026-03-01T10:59:00Z", "", "app-unknown", 9),
      minute("2026-03-01T11:00:00Z", "shop", "accepted", 100),
    ]);
    const refusal = (at: string, appId: string | null, more: Refused = {}) => ({
      ...{ at: new Date(at), appId, service: "api", code: "nonce-seen", status: 401 },
      ...{ proven: true, method: "POST", route: "/v1/items", requestId: randomUUID() },
      ...{ scheme: "lacre1", keyId: "k_1", address: "192.0.2.7" },
      ...{ detail: { message: "nonce-seen" }, ...more },
    });
    await db
      .insert(refusals)
      .values([
        refusal("2026-03-01T10:00:00.000Z", "shop"),
        refusal("2026-03-01T10:00:00.000Z", "shop", { code: "signature-mismatch" }),
        refusal("2026-03-01T10:00:00.001Z", "billing"),
        refusal("2026-03-01T10:30:00Z", null, { code: "credentials-missing", proven: false }),
        refusal("2026-03-01T10:31:00Z", "no-such-app", { code: "app-unknown", proven: false }),
        refusal("2026-03-01T11:00:00Z", "shop"),
      ]);
  });
  afterAll(() => lacre.close());

  const HOUR = "from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z";
  const get = async (path: string, who = "auditor") => {
    const { status, body } = await lacre.ask(path, { token: tokens[who] });
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body;
  };
  const sums = async (query: string, who?: string) => {
    const { points } = await get(`/v1/verdicts/series?${query}`, who);
    const found: Record<string, number> = {};
    for (const { accepted, refused } of points)
      for (const [code, count] of Object.entries({ accepted, ...refused }))
        found[code] = (found[code] ?? 0) + Number(count);
    return found;
  };

  it("draws what was let in and refused, in steps that begin at full hours, days and weeks", async () => {
    const { stepSeconds, codes, points } = await get(`/v1/verdicts/series?${HOUR}&points=10`);
    expect([stepSeconds, codes]).toEqual([600, ["app-unknown", "nonce-seen"]]);
    expect(points).toHaveLength(6);
    expect(points[0]).toEqual({
      at: "2026-03-01T10:00:00.000Z",
      accepted: 5,
      refused: { "nonce-seen": 5 },
    });
    expect(points[3]).toEqual({ at: "2026-03-01T10:30:00.000Z", accepted: 0, refused: {} });
    expect(points[5]).toMatchObject({ accepted: 4, refused: { "app-unknown": 9 } });
    const crooked = "from=2026-03-01T10:07:00%2B00:00&to=2026-03-01T10:59:00Z";
    const [first] = (await get(`/v1/verdicts/series?${crooked}&points=10`)).points;
    expect(first).toMatchObject({ at: "2026-03-01T10:00:00.000Z", refused: { "nonce-seen": 3 } });
    const year = "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z";
    const weeks = await get(`/v1/verdicts/series?${year}&points=60`);
    expect([weeks.stepSeconds, weeks.points[0].at]).toEqual([604_800, "2025-12-29T00:00:00.000Z"]);
  });

  it("adds up to the same by the hour and by the minute, whenever a time begins and ends", async () => {
    const { db } = lacre.database;
    const BEGIN = Date.parse("2026-06-01T00:00:00Z");
    const dice = seeded(7);
    const pick = <Item>(items: readonly Item[]): Item => items[dice(items.length)] as Item;
    const rows = Array.from({ length: 400 }, (_, i) => ({
      ...minute(
        new Date(BEGIN + dice(4_320) * 60_000).toISOString(),
        "shop",
        "accepted",
        1 + dice(99),
      ),
      ...{
        appId: pick(["shop", "billing", ""]),
        keyId: `k_${i}`,
        scheme: pick(["lacre1", "hawk"]),
      },
      ...{ code: pick(["accepted", "nonce-seen", "app-unknown"]), service: pick(["api", "files"]) },
    }));
    await addVerdicts(db, rows);
    for (let i = 0; i < 60; i++) {
      const from = BEGIN + dice(4_000) * 60_000;
      const to = from + (1 + dice(i % 2 === 0 ? 120 : 4_320)) * 60_000;
      const period = { from: new Date(from), to: new Date(to) };
      const filter = pick<VerdictFilter>([
        {},
        { app: "shop" },
        { scheme: "hawk" },
        { code: "nonce-seen" },
      ]);
      const sumOf = async (unit: "hour" | "minute") => {
        const { appId, code, count } = COUNTED;
        const counts = verdictCounts(db, AUDITOR, [period], filter, unit);
        const sum = sql`sum(${count})`.mapWith(Number);
        return db
          .select({ appId, code, sum })
          .from(counts)
          .groupBy(appId, code)
          .orderBy(appId, code);
      };
      const expected = rows
        .filter(({ minute: at }) => at.getTime() >= from && at.getTime() < to)
        .filter((row) => filter.app === undefined || row.appId === filter.app)
        .filter((row) => filter.scheme === undefined || row.scheme === filter.scheme)
        .filter((row) => filter.code === undefined || row.code === filter.code)
        .reduce((sum, row) => sum + row.count, 0);
      const byHour = await sumOf("hour");
      expect(byHour).toEqual(await sumOf("minute"));
      expect(byHour.reduce((all, { sum }) => all + sum, 0)).toBe(expected);
    }
  });

  it("takes the beginning of a time in, and leaves its end out", async () => {
    expect(await sums(HOUR)).toEqual({ accepted: 9, "nonce-seen": 5, "app-unknown": 9 });
  });

  it("narrows down by app, code, scheme and service", async () => {
    expect(await sums(`${HOUR}&app=shop`)).toEqual({ accepted: 9, "nonce-seen": 2 });
    expect(await sums(`${HOUR}&app=`)).toEqual({ accepted: 0, "app-unknown": 9 });
    expect(await sums(`${HOUR}&code=nonce-seen`)).toEqual({ accepted: 0, "nonce-seen": 5 });
    expect(await sums(`${HOUR}&scheme=hawk`)).toEqual({ accepted: 4 });
    expect(await sums(`${HOUR}&service=files`)).toEqual({ accepted: 0, "nonce-seen": 3 });
  });

  it("shows nobody the verdicts of other teams' apps, or of none", async () => {
    expect(await sums(HOUR, "blue")).toEqual({ accepted: 9, "nonce-seen": 2 });
    expect(await sums(`${HOUR}&app=billing`, "blue")).toEqual({ accepted: 0 });
    expect(await sums(`${HOUR}&app=`, "blue")).toEqual({ accepted: 0 });
    expect(await sums(HOUR, "nobody")).toEqual({ accepted: 0 });
    const { items } = await get(`/v1/verdicts/table?${HOUR}`, "blue");
    expect(items).toEqual([{ appId: "shop", code: "nonce-seen", count: 2, before: 7 }]);
    const seen = await get(`/v1/refusals?${HOUR}`, "blue");
    expect(seen.items.map(({ appId }: { appId: string }) => appId)).toEqual(["shop", "shop"]);
    expect((await get(`/v1/refusals?${HOUR}`, "nobody")).items).toEqual([]);
  });

  it("compares each reason with the time before", async () => {
    expect((await get(`/v1/verdicts/table?${HOUR}`)).items).toEqual([
      { appId: null, code: "app-unknown", count: 9, before: 0 },
      { appId: "billing", code: "nonce-seen", count: 3, before: 0 },
      { appId: "shop", code: "nonce-seen", count: 2, before: 7 },
    ]);
  });

  it("lists refusals page by page, the newest first, each once", async () => {
    const ids: string[] = [];
    let cursor = "";
    do {
      const page = await get(`/v1/refusals?${HOUR}&limit=2${cursor}`);
      ids.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.next === null ? "" : `&cursor=${page.next}`;
    } while (cursor !== "");
    const rows = await lacre.database.db.select().from(refusals);
    const listed = rows
      .filter(({ at }) => at < new Date("2026-03-01T11:00:00Z"))
      .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
    expect(ids).toEqual(listed.map(({ id }) => id));
    const [only] = (await get(`/v1/refusals?${HOUR}&app=billing`)).items;
    expect(only).toMatchObject({
      at: "2026-03-01T10:00:00.001Z",
      appId: "billing",
      message: "nonce-seen",
    });
    expect(only.detail).toBeUndefined();
    const none = await get(`/v1/refusals?${HOUR}&app=`);
    expect(none.items.map(({ code }: { code: string }) => code)).toEqual(["credentials-missing"]);
  });

  it("says nothing of how many refusals others had", async () => {
    const { items } = await get(`/v1/refusals?${HOUR}`, "blue");
    const [id, other] = items.map((item: { id: unknown }) => item.id);
    expect([id, other]).toEqual([expect.stringMatching(/^rf_\w{32}$/), expect.any(String)]);
    expect(Object.keys(items[0])).not.toContain("seq");
    const page = await get(`/v1/refusals?${HOUR}&limit=1`, "blue");
    const position = Buffer.from(page.next, "base64url").toString();
    expect(JSON.parse(position)).toEqual(["refusals", page.items[0].at, page.items[0].id]);
  });

  it("refuses a time that ends before it begins, and a cursor of its own making", async () => {
    for (const query of [
      "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z",
      "from=yesterday",
      "cursor=x",
      `cursor=${Buffer.from('["2026-99-01T00:00:00.000Z",1]').toString("base64url")}`,
    ]) {
      const { status } = await lacre.ask(`/v1/refusals?${query}`, { token: tokens.auditor });
      expect([query, status]).toEqual([query, 400]);
    }
  });

  describe("reports", () => {
    const DAY = "from=2026-04-01T00:00:00Z&to=2026-04-02T00:00:00Z";
    beforeAll(async () => {
      const { db } = lacre.database;
      await db
        .update(apps)
        .set({ limits: { perMinute: 50, perHour: 1000, perDay: 59 } })
        .where(eq(apps.id, "shop"));
      await db
        .update(apps)
        .set({ limits: { perSecond: 1 } })
        .where(eq(apps.id, "billing"));
      const row = (at: string, appId: string, code: string, count: number, more: Minute = {}) => ({
        ...{ minute: new Date(at), appId, code, count },
        ...{ keyId: "k_1", scheme: "lacre1", service: "api", ...more },
      });
      const drift = (driftSum: number, driftCount: number, driftMax: number) => ({
        ...{ driftSum, driftCount, driftMax },
      });
      await addVerdicts(db, [
        row("2026-04-01T08:00:00Z", "shop", "accepted", 40, drift(-120, 40, 4.5)),
        row("2026-04-01T08:01:00Z", "shop", "accepted", 10, drift(5, 10, 2)),
        row("2026-04-01T09:00:00Z", "billing", "accepted", 60, drift(60 * 90, 60, 95)),
        row("2026-04-01T09:00:00Z", "billing", "nonce-seen", 15, { keyId: "k_2" }),
        row("2026-04-01T09:00:00Z", "billing", "nonce-seen", 15, { service: "files" }),
        row("2026-04-01T09:05:00Z", "billing", "nonce-seen", 1),
        row("2026-04-01T09:05:00Z", "shop", "nonce-seen", 2),
        row("2026-04-01T09:05:00Z", "", "app-unknown", 2),
        row("2026-04-01T09:06:00Z", "shop", "signature-mismatch", 900, { keyId: "" }),
      ]);
      await db.insert(verdictBatches).values([
        { id: "b1", service: "api", at: new Date("2026-04-01T09:06:00Z"), lost: 3 },
        { id: "b2", service: "api", at: new Date("2026-04-01T09:07:00Z"), lost: 1 },
        { id: "b3", service: "shop", at: new Date("2026-04-01T09:05:00Z") },
      ]);
    });

    it("tells how far clocks are off, the furthest first", async () => {
      const { items } = await get(`/v1/clocks?${DAY}`);
      expect(items.map(({ buckets: _buckets, ...item }: { buckets: unknown }) => item)).toEqual([
        { appId: "billing", count: 60, average: 90, most: 95 },
        { appId: "shop", count: 50, average: -2.3, most: 4.5 },
      ]);
      const filled = items[1].buckets.filter(({ count }: { count: number }) => count > 0);
      expect(filled).toEqual([
        { from: -5, to: -2, count: 40 },
        { from: -1, to: 1, count: 10 },
      ]);
      expect((await get(`/v1/clocks?${DAY}`, "blue")).items).toHaveLength(1);
      expect((await get(`/v1/clocks?${DAY}`, "nobody")).items).toEqual([]);
    });

    it("tells replays by app, and which of them are a storm", async () => {
      expect((await get(`/v1/replays?${DAY}`)).items).toEqual([
        {
          ...{ appId: "billing", count: 31, perMinute: 30, storm: true },
          ...{ firstAt: "2026-04-01T09:00:00.000Z", lastAt: "2026-04-01T09:05:00.000Z" },
        },
        {
          ...{ appId: "shop", count: 2, perMinute: 2, storm: false },
          ...{ firstAt: "2026-04-01T09:05:00.000Z", lastAt: "2026-04-01T09:05:00.000Z" },
        },
      ]);
      expect((await get(`/v1/replays?${DAY}`, "blue")).items).toHaveLength(1);
    });

    it("tells who comes near a limit, the nearest first", async () => {
      expect((await get(`/v1/limits?${DAY}`)).items).toEqual([
        { appId: "billing", limit: "perSecond", allowed: 1, most: 1, share: 1, since: null },
        { appId: "shop", limit: "perDay", allowed: 59, most: 50, share: 50 / 59, since: null },
        { appId: "shop", limit: "perMinute", allowed: 50, most: 40, share: 0.8, since: null },
      ]);
      expect((await get(`/v1/limits?${DAY}`, "blue")).items).toHaveLength(2);
      expect((await get(`/v1/limits?${DAY}`, "nobody")).items).toEqual([]);
    });

    it("reads no more than 31 days by the minute", async () => {
      const asked = async (days: number, report: string) => {
        const to = new Date(Date.parse("2026-04-02T00:00:00Z") + days * 86_400_000).toISOString();
        const path = `/v1/${report}?from=2026-04-02T00:00:00Z&to=${to}`;
        return (await lacre.ask(path, { token: tokens.auditor })).status;
      };
      for (const report of ["clocks", "replays", "limits"])
        expect([report, await asked(31, report), await asked(32, report)]).toEqual([
          report,
          200,
          400,
        ]);
      expect(await asked(1000, "verdicts/series")).toBe(200);
    });

    it("counts against a limit what was accepted since it was set, and nothing before", async () => {
      const { db } = lacre.database;
      const act = { actor: "p", objectKind: "app", objectId: "shop", previousHash: "", hash: "" };
      const limits = { perMinute: 50, perHour: 1000, perDay: 59 };
      const at = (text: string) => new Date(`2026-04-01T08:${text}Z`);
      const acts = [
        { at: at("00:30"), before: { limits: null }, after: { limits } },
        // What leaves the limits as they are, or says nothing of them, sets none.
        { at: at("10:00"), before: { limits, name: "a" }, after: { limits, name: "b" } },
        { at: at("20:00"), before: { name: "b" }, after: { name: "c" } },
      ].map((one, i) => ({ ...act, act: "app.changed", seq: 900_000 + i, ...one }));
      await db.insert(audit).values(acts);
      await db
        .update(apps)
        .set({ limits: { ...limits, perDay: 12 } })
        .where(eq(apps.id, "shop"));
      const of = async () => (await get(`/v1/limits?${DAY}`, "blue")).items;
      expect(await of()).toEqual([
        {
          ...{ appId: "shop", limit: "perDay", allowed: 12, most: 10, share: 10 / 12 },
          since: "2026-04-01T08:00:30.000Z",
        },
      ]);
    });

    it("tells when services said something last, and what they had to drop", async () => {
      expect((await get(`/v1/services/health?${DAY}`)).items).toEqual([
        { service: "api", lastBatchAt: "2026-04-01T09:07:00.000Z", lost: 4 },
        { service: "shop", lastBatchAt: "2026-04-01T09:05:00.000Z", lost: 0 },
      ]);
      expect((await get(`/v1/services/health?${DAY}`, "blue")).items).toHaveLength(1);
    });
  });
}
