import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import compression from "compression";
import { eq, sql } from "drizzle-orm";
import express from "express";
import { Tail } from "../../../apps/console/src/happened/tail/tail.js";
import {
  apps,
  memberships,
  people,
  refusals,
  sessions,
  verdictMinutes,
} from "../../../apps/console/src/database/tables.js";
import type { Databases } from "../support/databases.js";
import { EventReader } from "../support/event-reader.js";
import { TestConsole } from "../support/test-console.js";

/** What happens, while it happens. */
export function tailCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let blue: string;
  let auditor: string;
  const open: EventReader[] = [];
  beforeAll(async () => {
    lacre = await TestConsole.start(databases());
    blue = await lacre.team("blue");
    await lacre.database.db.insert(apps).values([
      { id: "shop", name: "Shop", teamId: blue },
      { id: "billing", name: "Billing", teamId: await lacre.team("red") },
    ]);
    auditor = (await lacre.somebody("viewer:auditor")).token;
  });
  afterEach(() => {
    for (const reader of open.splice(0)) reader.close();
  });
  afterAll(() => lacre.close());

  const listen = async (token: string, query = "", url = lacre.url, expected = [200]) => {
    const headers = { authorization: `Bearer ${token}`, "accept-encoding": "gzip" };
    const reader = await EventReader.open(`${url}/v1/verdicts/stream${query}`, headers);
    open.push(reader);
    expect(expected).toContain(reader.answer.statusCode);
    return reader;
  };
  const beat = () => lacre.app.get(Tail, { strict: false }).beat();

  /** As services tell of them; silent: nobody is notified. */
  async function refuse(names: readonly string[], { silent = false, code = "nonce-seen" } = {}) {
    return lacre.database.db.transaction(async (tx) => {
      const rows = await tx
        .insert(refusals)
        .values(
          names.map((name) => ({
            ...{ at: new Date(), appId: name || null, service: "api", code, status: 401 },
            ...{ proven: true, method: "POST", route: "/v1/items", requestId: name },
            detail: { message: code },
          })),
        )
        .returning({ seq: refusals.seq });
      const payload = `${rows[0]?.seq} ${rows.at(-1)?.seq}`;
      if (!silent) await tx.execute(sql`select pg_notify('lacre_verdicts', ${payload})`);
      return payload;
    });
  }
  const told = (reader: EventReader) =>
    reader.heard.filter(({ event }) => event === "refusal").map(({ data }) => data.appId);

  it("tells each what they may see and asked for, and nothing of before", async () => {
    await refuse(["billing"]);
    const { token } = await lacre.somebody("developer", [blue]);
    const all = await listen(auditor);
    const own = await listen(token);
    const narrow = await listen(auditor, "?app=shop&code=signature-mismatch");
    await refuse(["shop", "billing", "", "no-such-app", "shop"]);
    await refuse(["shop"], { code: "signature-mismatch" });
    for (const reader of [all, own, narrow])
      await reader.until(({ data }) => data.code === "signature-mismatch");
    expect(told(all)).toEqual(["shop", "billing", null, "no-such-app", "shop", "shop"]);
    expect(told(own)).toEqual(["shop", "shop", "shop"]);
    expect(told(narrow)).toEqual(["shop"]);
  });

  it("tells each refusal once, said twice or never", async () => {
    const reader = await listen(auditor);
    const payload = await refuse(["shop", "billing"]);
    await lacre.database.db.execute(sql`select pg_notify('lacre_verdicts', ${payload})`);
    await reader.until(({ data }) => data.appId === "billing");
    await refuse(["billing"], { silent: true });
    await beat();
    await refuse(["shop"]);
    await reader.until(() => told(reader).length >= 4);
    expect(told(reader)).toEqual(["shop", "billing", "billing", "shop"]);
  });

  it("tells of the minutes", async () => {
    const { token } = await lacre.somebody("developer", [blue]);
    const reader = await listen(token);
    const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000);
    const row = (appId: string, code: string, count: number) => ({
      ...{ minute, appId, code, count, keyId: "k", scheme: "lacre1", service: "api" },
    });
    await lacre.database.db
      .insert(verdictMinutes)
      .values([
        row("shop", "accepted", 3),
        row("shop", "nonce-seen", 2),
        row("billing", "nonce-seen", 9),
      ]);
    await beat();
    const { data } = await reader.until(({ data }) => data.at === minute.toISOString());
    expect(data).toEqual({ at: minute.toISOString(), accepted: 3, refused: { "nonce-seen": 2 } });
  });

  it("tells nothing more from the moment in which somebody has left a team, or their sign-in has ended", async () => {
    const { db } = lacre.database;
    const leaves = await lacre.somebody("viewer:team", [blue]);
    const ends = await lacre.somebody("viewer:auditor");
    const readers = [await listen(leaves.token), await listen(ends.token)];
    const other = await listen(auditor);
    await db.delete(memberships).where(eq(memberships.personId, leaves.id));
    await db.update(sessions).set({ endedAt: new Date() }).where(eq(sessions.personId, ends.id));
    await refuse(["shop"]);
    await other.until(({ event }) => event === "refusal");
    await beat();
    await readers[1]?.ended;
    expect(readers.map(told)).toEqual([[], []]);
  });

  it("follows a change of teams, and ends when the sign-in ends, or all that was given out", async () => {
    const { db } = lacre.database;
    const leaves = await lacre.somebody("developer", [blue]);
    const ends = await lacre.somebody("viewer:auditor");
    const changes = await lacre.somebody("operator");
    const readers = [leaves, ends, changes].map(({ token }) => listen(token));
    const [left, ended, changed] = await Promise.all(readers);
    await db.delete(memberships).where(eq(memberships.personId, leaves.id));
    await db.update(sessions).set({ endedAt: new Date() }).where(eq(sessions.personId, ends.id));
    await db.update(people).set({ sessionVersion: 2 }).where(eq(people.id, changes.id));
    await beat();
    for (const reader of [ended, changed]) {
      await reader?.ended;
      expect(reader?.heard.at(-1)).toEqual({ event: "end", data: { reason: "session" } });
    }
    const other = await listen(auditor);
    await refuse(["shop"]);
    await other.until(({ event }) => event === "refusal");
    await beat();
    expect(left && told(left)).toEqual([]);
  });

  it("is not held back by compression", async () => {
    const outer = express();
    outer.use(compression({ threshold: 0 }), lacre.app.getHttpAdapter().getInstance());
    const server = createServer(outer).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const reader = await listen(auditor, "", `http://127.0.0.1:${port}`);
    await refuse(["shop"]);
    await reader.until(({ event }) => event === "refusal");
    reader.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("keeps little for a slow reader, and tells it how much it missed", async () => {
    const { port } = new URL(lacre.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(
      `GET /v1/verdicts/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${auditor}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    const witness = await listen(auditor, "?code=clock-off");
    for (let i = 0; i < 4; i++)
      await lacre.database.db.execute(sql`
        with made as (
          insert into refusals (at, service, code, status, proven, method, route, request_id, detail)
          select now(), 'api', 'nonce-seen', 401, false, 'GET', repeat('x', 20000), 'slow', '{}'
          from generate_series(1, 500) returning seq)
        select pg_notify('lacre_verdicts', min(seq) || ' ' || max(seq)) from made`);
    await refuse(["shop"], { code: "clock-off" });
    await witness.until(({ event }) => event === "refusal");
    let text = "";
    const all = () => {
      const missed = [...text.matchAll(/event: missed\ndata: \{"count":(\d+)\}/g)];
      const lost = missed.reduce((sum, [, count]) => sum + Number(count), 0);
      return { lost, got: text.split("event: refusal").length - 1 };
    };
    socket.on("data", (chunk) => (text += chunk.toString("latin1")));
    socket.resume();
    while (all().got + all().lost < 2001)
      await new Promise((resolve) => socket.once("data", resolve));
    expect(all().got + all().lost).toBe(2001);
    expect(all().lost).toBeGreaterThan(1500);
    socket.destroy();
  });

  it("lets one person open ten, and another one still some", async () => {
    const { token } = await lacre.somebody("admin");
    for (let i = 0; i < 10; i++) await listen(token);
    const { answer } = await listen(token, "", lacre.url, [429]);
    expect(answer.headers["retry-after"]).toBe("10");
    await listen(auditor);
    open[0]?.close();
    const again = () => listen(token, "", lacre.url, [200, 429]);
    while ((await again()).answer.statusCode !== 200);
  });

  it("tells in each of several consoles what any of them took in", async () => {
    const database = { ...lacre.database, close: async () => undefined };
    const other = await TestConsole.startOn(database, lacre.masterKey);
    const readers = [await listen(auditor), await listen(auditor, "", other.url)];
    await refuse(["shop", "billing"]);
    for (const reader of readers) {
      await reader.until(({ data }) => data.appId === "billing");
      expect(told(reader)).toEqual(["shop", "billing"]);
    }
    await other.close();
  });

  it("ends when the console ends", async () => {
    const reader = await listen(auditor);
    await lacre.close();
    await reader.ended;
    expect(reader.heard.at(-1)).toEqual({ event: "end", data: { reason: "shutdown" } });
  });
}
