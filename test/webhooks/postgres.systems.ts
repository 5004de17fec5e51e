import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { WebhookSender } from "@lacre/client/webhooks";
import { PostgresWebhookQueue, WEBHOOK_TABLE_SQL } from "@lacre/client/webhooks/postgres";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import pg from "pg";
import { Webhook } from "standardwebhooks";
import { postgresQueue, webhookQueueContract } from "../contract/webhook-queue.contract.js";
import { PostgresServer } from "../support/postgres-server.js";
import { Receiver } from "../support/webhook-receiver.js";

/* PostgreSQL itself, and processes that share it and are killed. */

const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
let server: PostgresServer;
let pool: pg.Pool;
let receiver: Receiver;
let tables = 0;
beforeAll(async () => {
  server = await PostgresServer.start();
  pool = new pg.Pool({ connectionString: server.url() });
  pool.on("error", () => undefined);
  receiver = await Receiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (_request, response) => response.writeHead(204).end();
});
afterAll(async () => {
  await receiver?.close();
  await pool?.end();
  server?.destroy();
});

webhookQueueContract(
  "PostgresWebhookQueue",
  postgresQueue(() => pool),
  { isShared: true },
);

/** One that adds and looks, and does not deliver. */
function sending(table: string): WebhookSender {
  return new WebhookSender({
    scheme: standardWebhooks({ appId: "us" }),
    endpoints: () => undefined,
    queue: new PostgresWebhookQueue({ pool, table }),
  });
}

async function processOn(table: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL("sending-process.mjs", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: server.url(),
      TABLE: table,
      RECEIVER_URL: receiver.url,
      SECRET,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const closed = once(child, "close");
  child.kill(signal);
  const [code] = (await closed) as [number | null];
  return code;
}

const idsReceived = (): string[] =>
  receiver.received.map(({ headers }) => String(headers["webhook-id"]));

describe("several processes on one queue", () => {
  it("deliver each message once, and end when they are told to", async () => {
    const hooks = sending(`several_${++tables}`);
    const table = `several_${tables}`;
    const children = [await processOn(table), await processOn(table)];
    const ids = Array.from({ length: 200 }, (_, i) => `m-${i}`);
    await Promise.all(ids.map((id, i) => hooks.send(`e${i % 5}`, { i }, { id })));
    await until(async () => (await hooks.list({ state: "delivered", limit: 1000 })).length === 200);
    expect(idsReceived().toSorted((a, b) => a.localeCompare(b))).toEqual(
      ids.toSorted((a, b) => a.localeCompare(b)),
    );
    for (const { headers, body } of receiver.received)
      new Webhook(SECRET).verify(body, headers as Record<string, string>);
    for (const child of children) expect(await end(child, "SIGTERM")).toBe(0);
  });

  it("take over what one held that was killed, after its lease, and lose nothing", async () => {
    const table = `killed_${++tables}`;
    const hooks = sending(table);
    // Nobody is answered: what the first has taken is on its way when it is killed.
    receiver.answer = () => undefined;
    const first = await processOn(table);
    const ids = Array.from({ length: 8 }, (_, i) => `k-${i}`);
    await Promise.all(ids.map((id) => hooks.send("acme", { id }, { id })));
    await until(async () => receiver.received.length >= 8);
    expect(await end(first, "SIGKILL")).toBeNull();
    receiver.answer = (_request, response) => response.writeHead(204).end();
    receiver.received.length = 0;
    const second = await processOn(table);
    await until(async () => (await hooks.list({ state: "delivered" })).length === 8);
    expect(new Set(idsReceived())).toEqual(new Set(ids));
    const all = await hooks.list();
    // Killed attempts count, and are not in the log.
    expect(all.every(({ attempts, log }) => attempts > log.length && log.length >= 1)).toBe(true);
    expect(await end(second, "SIGTERM")).toBe(0);
  });

  it("go on after the database was away", async () => {
    const table = `away_${++tables}`;
    const hooks = sending(table);
    const child = await processOn(table);
    await hooks.send("acme", {}, { id: "before" });
    await until(async () => receiver.received.length === 1);
    server.stop("immediate");
    server.startAgain();
    await until(async () => {
      await hooks.send("acme", {}, { id: "after" });
      return true;
    });
    await until(async () => idsReceived().includes("after"));
    expect(await end(child, "SIGTERM")).toBe(0);
  });

  it("find tables that a migration has made, and need no right to make them", async () => {
    const table = `migrated_${++tables}`;
    await expect(
      new PostgresWebhookQueue({ pool, table, createTable: false }).start(),
    ).rejects.toThrow("WEBHOOK_TABLE_SQL");
    await pool.query(WEBHOOK_TABLE_SQL(table));
    await pool.query(`CREATE ROLE ${table} LOGIN PASSWORD '${server.password}'`);
    await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${table}`);
    await pool.query(`GRANT SELECT, INSERT, UPDATE ON ${table}_endpoints TO ${table}`);
    const url = new URL(server.url());
    url.username = table;
    const theirs = new pg.Pool({ connectionString: String(url) });
    const queue = new PostgresWebhookQueue({ pool: theirs, table, createTable: false });
    const content = Buffer.from("{}");
    const delivery = { id: "d", endpointId: "e", messageId: "m", content, contentType: "a/b" };
    await queue.add(delivery);
    const [taken] = await queue.take({ count: 1, perEndpoint: 1, leaseMs: 1000 });
    if (taken === undefined) throw new Error("one was due");
    const attempt = { atMs: 0, status: 200, problem: null, durationMs: 1, answer: null };
    expect((await queue.settle(taken, { attempt, state: "delivered" })).isKept).toBe(true);
    await queue.pause("e", "why");
    await queue.resume("e");
    expect(await queue.removeEnded(-1000)).toBe(1);
    await theirs.end();
  });
});

async function until(isSo: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const endMs = performance.now() + ms;
  for (;;) {
    // The database may be away.
    if (await isSo().catch(() => false)) return;
    if (performance.now() > endMs) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
