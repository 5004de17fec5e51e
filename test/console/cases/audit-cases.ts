import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { CONSOLE } from "../../../apps/console/src/audit/actor.js";
import { AuditLog } from "../../../apps/console/src/audit/audit-log.js";
import { recordAct, type Act } from "../../../apps/console/src/audit/record-act.js";
import { keepAppendOnly } from "../../../apps/console/src/database/append-only.js";
import { GuardLog } from "../../../apps/console/src/audit/guard-log.js";
import { audit } from "../../../apps/console/src/database/tables.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

/** What is hard to keep as it is written: names out of order, numbers, times, texts of all kinds. */
const HAIRY = {
  z: 1,
  a: [1.5, -0, 1e21, 0.1 + 0.2, 9_007_199_254_740_991, null],
  when: new Date("2027-01-02T03:04:05.678Z"),
  text: 'ação "quoted" \\ 日本 \u2028 🗝',
  nothing: undefined,
  deep: { "10": "ten", "9": "nine", b: { y: true, x: false } },
};

/** The log of administrative acts. */
export function auditCases(databases: () => Databases): void {
  let lacre: TestConsole;
  /** How many acts the console itself has written at its start. */
  let own: number;
  let auditor: { id: string; token: string };
  const act = (name: string, more: Partial<Act> = {}): Promise<void> =>
    lacre.database.db.transaction((tx) =>
      recordAct(tx, {
        by: { id: auditor.id, address: null },
        act: name,
        object: { kind: "app", id: "orders" },
        ...more,
      }),
    );
  const read = (path: string) => lacre.ask(path, { token: auditor.token });

  beforeAll(async () => {
    lacre = await TestConsole.start(databases());
    auditor = await lacre.somebody("viewer:auditor");
    own = (await lacre.app.get(AuditLog).head())?.seq ?? 0;
    await act("app.created", {
      by: { id: auditor.id, address: "10.0.0.1" },
      after: HAIRY,
    });
    await act("key.issued", { object: { kind: "key", id: "=cmd|' /C calc'!A0" }, before: HAIRY });
    for (let i = 0; i < 5; i += 1) await act("key.revoked", { by: CONSOLE });
  });
  afterAll(() => lacre.close());

  it("lists acts, the newest first, page by page, with the names of people", async () => {
    const { body } = await read("/v1/audit?limit=4");
    expect(body.items.map((item: { seq: number }) => item.seq)).toEqual([
      own + 7,
      own + 6,
      own + 5,
      own + 4,
    ]);
    const rest = await read(`/v1/audit?cursor=${body.next}`);
    expect(rest.body.next).toBeNull();
    expect(rest.body.items).toHaveLength(own + 3);
    expect(rest.body.items[2]).toMatchObject({
      seq: own + 1,
      actor: { id: auditor.id, login: auditor.id, name: "A viewer:auditor" },
      object: { kind: "app", id: "orders" },
      after: { z: 1, when: "2027-01-02T03:04:05.678Z", text: HAIRY.text },
      address: "10.0.0.1",
    });
  });

  it("finds by actor, act, object and time", async () => {
    const countOf = async (query: string): Promise<number> =>
      (await read(`/v1/audit?${query}`)).body.items.length;
    expect(await countOf("actor=console")).toBe(own + 5);
    expect(await countOf("act=app.created")).toBe(1);
    expect(await countOf("objectKind=key")).toBe(1);
    expect(await countOf("objectKind=app&objectId=orders")).toBe(6);
    expect(await countOf("to=2020-01-01T00:00:00Z")).toBe(0);
    expect(await countOf("from=2020-01-01T00:00:00Z")).toBe(own + 7);
    expect((await read("/v1/audit?cursor=0;drop")).status).toBe(400);
  });

  it("is whole as it came back from the database, whatever was written", async () => {
    const { body } = await read("/v1/audit/verify");
    expect(body).toMatchObject({
      whole: true,
      checked: own + 7,
      brokenAt: null,
      head: { seq: own + 7 },
    });
    const kept = await read(`/v1/audit/verify?expect=${body.head.hash}`);
    expect(kept.body.whole).toBe(true);
    const foreign = await read(`/v1/audit/verify?expect=${"a".repeat(64)}`);
    expect(foreign.body).toMatchObject({ whole: false, brokenAt: own + 8 });
  });

  it("exports as CSV that no spreadsheet runs, and says so in the log", async () => {
    const { token } = await lacre.somebody("admin");
    const csv = await lacre.ask("/v1/audit/export?format=csv&objectKind=key", { token });
    expect(csv.headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
    const [head, row] = String(csv.body).split("\r\n");
    expect(head).toMatch(/^seq,at,actor,actorLogin,act,/);
    expect(row).toContain("'=cmd|' /C calc'!A0");
    const last = await read("/v1/audit?limit=1");
    expect(last.body.items[0]).toMatchObject({ act: "audit.exported", object: { id: "csv" } });
  });

  it("exports as JSON, which proves itself", async () => {
    const { token } = await lacre.somebody("admin");
    const { body } = await lacre.ask("/v1/audit/export?format=json", { token });
    expect(body.map((row: { seq: number }) => row.seq)).toEqual(
      body.map((_: object, i: number) => i + 1),
    );
    expect(body.at(-1)).toMatchObject({ act: "audit.exported" });
  });

  it("cannot be changed by statements, not even in replica mode", async () => {
    const { db } = lacre.database;
    const tries = [
      sql`update audit set act = 'nothing'`,
      sql`delete from audit`,
      sql`truncate audit`,
      sql`set session_replication_role = replica; delete from audit`,
    ];
    for (const statement of tries) await expect(db.execute(statement)).rejects.toThrow();
    expect((await read("/v1/audit/verify")).body.whole).toBe(true);
  });

  it("answers a fault of an export as any other, and lets no part of a log look whole", async () => {
    const log = lacre.app.get(AuditLog);
    const all = log.all.bind(log);
    const ask = (format: string) =>
      lacre.ask(`/v1/audit/export?format=${format}`, { token: auditor.token });
    // The database fails at the first row, and behind it: no statement can be made to do that.
    const failingAfter = async function* (rows: number) {
      let left = rows;
      for await (const row of all({}, 7)) {
        if ((left -= 1) < 0) throw new Error("the database is gone");
        yield row;
      }
    };
    try {
      for (const format of ["csv", "json"]) {
        log.all = () => failingAfter(0);
        const { status, body, headers } = await ask(format);
        expect([format, status, body.code]).toEqual([format, 500, "internal"]);
        expect(headers.get("content-type")).toMatch("application/problem+json");
        expect(headers.get("content-disposition")).toBeNull();
        log.all = () => failingAfter(3);
        await expect(ask(format)).rejects.toThrow();
      }
    } finally {
      log.all = all;
    }
  });

  it("names people in exports by what they cannot change", async () => {
    const { id, token } = await lacre.somebody("admin");
    const change = (name: string) =>
      lacre.ask("/v1/me", { method: "PATCH", token, body: { name } });
    expect((await change("=Ada")).status).toBe(200);
    for (const format of ["csv", "json"]) {
      const { body } = await lacre.ask(`/v1/audit/export?format=${format}&actor=${id}`, { token });
      const rows = typeof body === "string" ? body : JSON.stringify(body);
      expect(rows).toContain(id);
      expect(rows).not.toMatch(/actorName|=Ada"?,"act|A admin,person/);
      if (format === "json") expect(body[0]).toMatchObject({ actor: id, actorLogin: id });
    }
  });

  it("writes no act where nothing was changed", async () => {
    const { id, token } = await lacre.somebody("admin");
    const teamId = await lacre.team("unchanged");
    const made = { id: "unchanged", name: "An app", teamId, schemes: ["lacre1"] };
    expect((await lacre.ask("/v1/apps", { token, body: made })).status).toBe(201);
    const changes: [path: string, body: object][] = [
      ["/v1/apps/unchanged", { name: "An app", schemes: ["lacre1"] }],
      [`/v1/teams/${teamId}`, { name: "unchanged" }],
      [`/v1/people/${auditor.id}`, { role: "viewer", name: "A viewer:auditor" }],
      ["/v1/me", { name: "A admin" }],
      ["/v1/settings", { refusalDays: 30 }],
    ];
    const { seq } = (await lacre.app.get(AuditLog).head()) ?? {};
    for (const [path, body] of changes) {
      const { headers } = await lacre.ask(path, { token });
      const seen = { "if-match": headers.get("etag") ?? "" };
      const { status } = await lacre.ask(path, { method: "PATCH", token, body, headers: seen });
      expect([path, status]).toEqual([path, 200]);
    }
    expect((await lacre.app.get(AuditLog).newest({ actor: id }, 1))[0]?.act).toBe("app.created");
    expect((await lacre.app.get(AuditLog).head())?.seq).toBe(seq);
  });

  it("says the end of the log when nothing can be written behind it any more", async () => {
    const database = await databases().open();
    const said: { hash?: string }[] = [];
    const hear = (message: { hash?: string }): void => void said.push(message);
    const quiet = (): void => undefined;
    const logger = { log: hear, warn: quiet, error: quiet };
    const kept = { ...database, close: () => Promise.resolve() };
    const ending = await TestConsole.startOn(kept, randomBytes(32), { logger });
    const { token } = await ending.somebody("admin");
    const add = (_: unknown, i: number) =>
      ending
        .ask("/v1/teams", {
          ...{ token, body: { name: `team ${i}` } },
          headers: { connection: "close" }, // else the end waits for connections that nobody uses
        })
        .catch(() => undefined);
    const asked = Array.from({ length: 20 }, add);
    await Promise.race(asked);
    await ending.close();
    await Promise.all(asked);
    const head = await new AuditLog(database.db).head();
    expect(head?.seq).toBeGreaterThan(2);
    expect(said.findLast(({ hash }) => hash !== undefined)?.hash).toBe(head?.hash);
    await database.close();
  });

  it("sees that its guards let changes through, and makes them anew, and says so", async () => {
    const { db } = lacre.database;
    const log = lacre.app.get(AuditLog);
    const holes = [
      sql`create or replace function audit_refuses() returns trigger language plpgsql as $$ begin return old; end $$`,
      sql`alter function audit_refuses() set search_path = public`,
      sql`alter table audit disable trigger audit_keeps_rows`,
      sql`create or replace trigger audit_keeps_rows before update on audit for each row execute function audit_refuses()`,
      sql`create or replace trigger audit_keeps_rows before update or delete on audit for each row when (false) execute function audit_refuses()`,
      sql`create or replace trigger audit_keeps_rows before update of act or delete on audit for each row execute function audit_refuses()`,
      sql`alter function audit_refuses() owner to pg_monitor`,
    ];
    for (const hole of holes) {
      await db.execute(hole);
      expect(await log.verify()).toMatchObject({ whole: false, brokenAt: null });
      expect(await keepAppendOnly(db)).toBe(true);
      expect(await log.verify()).toMatchObject({ whole: true });
      await expect(db.execute(sql`delete from audit`)).rejects.toThrow();
    }
    expect(await keepAppendOnly(db)).toBe(false);
    // As the next start does it.
    await db.execute(sql`drop function audit_refuses() cascade`);
    await lacre.app.get(GuardLog).run();
    expect((await log.newest({}, 1))[0]).toMatchObject({ act: "audit.guards-mended" });
  });

  it("shows whatever is changed behind its back", async () => {
    const { db } = lacre.database;
    const log = lacre.app.get(AuditLog);
    const { head } = await log.verify();
    await db.execute(sql`alter table audit disable trigger all`);
    expect(await log.verify()).toMatchObject({ whole: false, brokenAt: null });
    const rows = await db.select().from(audit);
    const exchange = sql`update audit set at = other.at, actor = other.actor, hash = other.hash,
      previous_hash = other.previous_hash from audit other
      where audit.seq in (5, 6) and audit.seq = 11 - other.seq`;
    const faults: [string, ReturnType<typeof sql>, number][] = [
      ["a changed field", sql`update audit set act = 'other' where seq = 3`, 3],
      ["a changed time", sql`update audit set at = at + interval '1 ms' where seq = 2`, 2],
      ["a changed value", sql`update audit set after = '{"z": 2}' where seq = 1`, 1],
      ["a missing row", sql`delete from audit where seq = 4`, 4],
      ["a missing beginning", sql`delete from audit where seq < 3`, 1],
      ["two exchanged rows", exchange, 5],
      ["a missing end", sql`delete from audit where seq > 5`, 6],
    ];
    for (const [name, change, brokenAt] of faults) {
      await db.execute(change);
      expect([name, await log.verify(head?.hash)]).toMatchObject([
        name,
        { whole: false, brokenAt },
      ]);
      await db.execute(sql`truncate audit`);
      await db.insert(audit).values(rows);
    }
  });
}
