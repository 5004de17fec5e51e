import { asc, eq, sql } from "drizzle-orm";
import { Webhook } from "standardwebhooks";
import {
  audit,
  deliveries,
  webhookEndpoints,
  webhookOldSecrets,
} from "../../../apps/console/src/database/tables.js";
import { tellEvent, type HappenedEvent } from "../../../apps/console/src/events/tell-event.js";
import { DeliveryQueue } from "../../../apps/console/src/webhooks/delivery-queue.js";
import { DeliveryWorker } from "../../../apps/console/src/webhooks/delivery-worker.js";
import { SETTINGS, type ConsoleSettings } from "../../../apps/console/src/start/settings.js";
import type { Databases } from "../support/databases.js";
import { Receiver, type Received } from "../../support/webhook-receiver.js";
import { TestConsole } from "../support/test-console.js";

const STORM: HappenedEvent = { type: "app.replay-storm", payload: { appId: "shop", count: 40 } };

/** Events that are told to others. */
export function webhookCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let receiver: Receiver;
  let token: string;
  let aheadMs = 0;
  beforeAll(async () => {
    const clock = { nowMs: () => Date.now() + aheadMs };
    lacre = await TestConsole.start(databases(), { settings: { privateWebhooks: true, clock } });
    receiver = await Receiver.start();
    ({ token } = await lacre.somebody("operator"));
  });
  beforeEach(async () => {
    await lacre.database.db.delete(webhookEndpoints);
    receiver.received.length = 0;
    receiver.answer = (_request, response) => response.writeHead(204).end();
  });
  afterAll(async () => {
    await lacre.close();
    await receiver.close();
  });

  const settle = () => lacre.app.get(DeliveryWorker, { strict: false }).settle();
  const now = () => new Date(Date.now() + aheadMs);
  const tell = async (event: HappenedEvent) => {
    const told = await lacre.database.db.transaction((tx) => tellEvent(tx, now(), event));
    await settle();
    return told;
  };
  const create = async (events = ["app.replay-storm"], url = receiver.url) => {
    const { status, body } = await lacre.ask("/v1/webhooks", { token, body: { url, events } });
    expect([status, body.secret]).toEqual([201, expect.stringMatching(/^whsec_.{44}$/)]);
    return body as { endpoint: { id: string; version: number }; secret: string };
  };
  const verify = (secret: string, { headers, body }: Received) =>
    new Webhook(secret).verify(body, headers as Record<string, string>);
  const log = async (id: string, query = "") =>
    (await lacre.ask(`/v1/webhooks/${id}/deliveries${query}`, { token })).body;
  const dueNow = async () => {
    const past = new Date(Date.now() - 1000);
    await lacre.database.db.update(deliveries).set({ nextAt: past, heldUntil: null });
    await settle();
  };
  const answer = (status: number, headers = {}) => {
    receiver.answer = (_request, response) => response.writeHead(status, headers).end();
  };

  it("tells an event to those who want it, signed, once", async () => {
    const { endpoint, secret } = await create();
    await create(["key.expired"]);
    expect(await tell({ ...STORM, once: "storm 1" })).toBe(true);
    expect(await tell({ ...STORM, once: "storm 1" })).toBe(false);
    expect(receiver.received).toHaveLength(1);
    const [received] = receiver.received as [Received];
    expect(verify(secret, received)).toEqual({
      type: "app.replay-storm",
      timestamp: expect.stringMatching(/^\d{4}-.+Z$/),
      data: STORM.payload,
    });
    const { items } = await log(endpoint.id);
    expect(items).toMatchObject([
      { state: "delivered", tries: 1, lastStatus: 204, lastError: null, nextAt: null },
    ]);
    expect(items[0].event).toMatchObject({
      id: received.headers["webhook-id"],
      type: "app.replay-storm",
    });
  });

  it("shows a secret once, and keeps it sealed", async () => {
    const { endpoint, secret } = await create();
    const shown = [
      await lacre.ask("/v1/webhooks", { token }),
      await lacre.ask(`/v1/webhooks/${endpoint.id}`, { token }),
    ];
    const rows = [
      await lacre.database.db.select().from(webhookEndpoints),
      await lacre.database.db.select().from(audit),
    ];
    const bytes = Buffer.from(secret.slice("whsec_".length), "base64");
    const all = JSON.stringify([shown.map(({ body }) => body), rows]);
    expect(all).not.toContain(secret.slice(6));
    const [{ sealed } = { sealed: new Uint8Array(0) }] = await lacre.database.db
      .select()
      .from(webhookEndpoints);
    expect(Buffer.from(sealed).includes(bytes) || Buffer.from(sealed).includes(secret)).toBe(false);
  });

  it("signs with both secrets while one follows the other, and with the new one alone after that", async () => {
    const { endpoint, secret } = await create();
    const rotate = (overlap: string) =>
      lacre.ask(`/v1/webhooks/${endpoint.id}/secret`, { token, body: { overlap } });
    const { body: rotated } = await rotate("24h");
    expect((await rotate("24h")).body.code).toBe("rotation-open");
    await tell(STORM);
    const both = receiver.received[0] as Received;
    for (const each of [secret, rotated.secret]) verify(each, both);
    const past = new Date(Date.now() - 1);
    await lacre.database.db.update(webhookOldSecrets).set({ expiresAt: past });
    await tell(STORM);
    const after = receiver.received[1] as Received;
    verify(rotated.secret, after);
    expect(() => verify(secret, after)).toThrow();
    const { body: last } = await rotate("now");
    await tell(STORM);
    expect(() => verify(rotated.secret, receiver.received[2] as Received)).toThrow();
    verify(last.secret, receiver.received[2] as Received);
  });

  it("tries again with the same id and content, later each time, and gives up in the end", async () => {
    const { endpoint, secret } = await create();
    answer(500);
    await tell(STORM);
    const [first] = (await log(endpoint.id)).items;
    expect(first).toMatchObject({ state: "waiting", tries: 1, lastStatus: 500 });
    const wait = Date.parse(first.nextAt) - Date.parse(first.lastTriedAt);
    expect(wait > 3_900 && wait < 60_000).toBe(true);
    await settle();
    expect(receiver.received).toHaveLength(1); // not due yet
    for (let tries = 2; tries <= 11; tries++) await dueNow();
    const [failed] = (await log(endpoint.id, "?state=failed")).items;
    expect(failed).toMatchObject({ tries: 11, tried: { length: 11 } });
    expect(receiver.received).toHaveLength(11);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    for (const each of receiver.received) verify(secret, each);
  });

  it("keeps each try, with what came of it, and those from before it was sent again", async () => {
    const { endpoint } = await create();
    answer(503);
    await tell(STORM);
    receiver.answer = (request) => request.socket.destroy();
    await dueNow();
    answer(204);
    await dueNow();
    const [{ id, tried }] = (await log(endpoint.id)).items;
    const [at, ms] = [expect.stringMatching(/^\d{4}-.+Z$/), expect.any(Number)];
    expect(tried).toEqual([
      { at, ms, status: 503, error: null },
      { at, ms, status: null, error: expect.stringContaining("The connection failed") },
      { at, ms, status: 204, error: null },
    ]);
    const replay = () => lacre.ask(`/v1/deliveries/${id}/replay`, { method: "POST", token });
    for (let i = 0; i < 30; i++) {
      await replay();
      await settle();
    }
    const [again] = (await log(endpoint.id)).items;
    expect([again.tries, again.tried.length]).toEqual([1, 30]); // the oldest go
  });

  it("goes by the console's clock", async () => {
    const { endpoint } = await create();
    answer(500);
    await tell(STORM);
    try {
      aheadMs = 3_600_000;
      answer(204);
      await settle();
      expect((await log(endpoint.id)).items).toMatchObject([{ state: "delivered", tries: 2 }]);
      const path = `/v1/webhooks/${endpoint.id}`;
      const { body } = await lacre.ask(`${path}/secret`, { token, body: { overlap: "1h" } });
      expect(Date.parse(body.oldSecretUntil)).toBeGreaterThan(Date.now() + 7_000_000);
      aheadMs += 3_700_000;
      expect((await lacre.ask(path, { token })).body.oldSecretUntil).toBeNull();
      await tell(STORM);
      const [last] = (await log(endpoint.id)).items;
      expect(Date.parse(last.createdAt)).toBeGreaterThan(Date.now() + 7_000_000);
    } finally {
      aheadMs = 0;
    }
  });

  it("waits as long as the receiver says", async () => {
    const { endpoint } = await create();
    answer(503, { "retry-after": "3600" });
    await tell(STORM);
    const [{ nextAt, lastTriedAt }] = (await log(endpoint.id)).items;
    expect(Date.parse(nextAt) - Date.parse(lastTriedAt)).toBeGreaterThanOrEqual(3_600_000);
  });

  it("switches an endpoint off that answers 410, until somebody switches it on", async () => {
    const { endpoint } = await create();
    answer(410);
    await tell(STORM);
    const path = `/v1/webhooks/${endpoint.id}`;
    const { body: off } = await lacre.ask(path, { token });
    expect(off).toMatchObject({ active: false, offReason: expect.stringContaining("410") });
    await tell(STORM);
    expect(receiver.received).toHaveLength(1);
    const headers = { "if-match": `"${off.version}"` };
    const on = await lacre.ask(path, { method: "PATCH", token, headers, body: { active: true } });
    expect(on.body).toMatchObject({ active: true, offReason: null, version: off.version + 1 });
    const acts = await lacre.database.db
      .select()
      .from(audit)
      .where(eq(audit.objectId, endpoint.id))
      .orderBy(asc(audit.seq));
    expect(acts.map(({ act }) => act)).toEqual([
      "webhook.created",
      "webhook.switched-off",
      "webhook.changed",
    ]);
  });

  it("takes up what a console held that was killed, and not before its time", async () => {
    const { endpoint } = await create();
    answer(500);
    await tell(STORM);
    receiver.received.length = 0;
    answer(204);
    const { db } = lacre.database;
    const past = new Date(Date.now() - 1000);
    const held = new Date(Date.now() + 50_000);
    await db.update(deliveries).set({ nextAt: past, heldUntil: held });
    await settle();
    expect(receiver.received).toEqual([]);
    await db.update(deliveries).set({ heldUntil: past });
    await settle();
    expect(receiver.received).toHaveLength(1);
    expect((await log(endpoint.id)).items).toMatchObject([{ state: "delivered", tries: 2 }]);
  });

  it("gives each delivery to one of several consoles, and few at once to one endpoint", async () => {
    const { endpoint } = await create();
    await create(["key.expired"]);
    answer(500);
    for (let i = 0; i < 8; i++)
      await lacre.database.db.transaction((tx) => tellEvent(tx, now(), STORM));
    await lacre.database.db.transaction((tx) =>
      tellEvent(tx, now(), { type: "key.expired", payload: {} }),
    );
    await settle();
    // Held for an hour, so that the console itself takes none; two hours later they are due.
    const hour = new Date(Date.now() + 3_600_000);
    await lacre.database.db.update(deliveries).set({ nextAt: hour, heldUntil: hour });
    const queue = lacre.app.get(DeliveryQueue, { strict: false });
    const terms = { count: 10, perEndpoint: 3, leaseMs: 60_000 };
    aheadMs = 7_200_000;
    const taken = (
      await Promise.all([queue.take(terms), queue.take(terms), queue.take(terms)])
    ).flat();
    aheadMs = 0;
    const ids = taken.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const own = taken.filter(({ endpointId }) => endpointId === endpoint.id);
    expect([own.length, taken.length - own.length]).toEqual([3, 1]);
    // What was held too long, and taken by another, is noted by that one alone.
    const [late] = taken as [(typeof taken)[number]];
    await lacre.database.db.update(deliveries).set({ tries: sql`tries + 1` });
    const attempt = { atMs: 0, status: 200, problem: null, durationMs: 1, answer: null };
    expect(await queue.settle(late, { attempt, state: "delivered" })).toMatchObject({
      isKept: false,
    });
    const [row] = await lacre.database.db
      .select()
      .from(deliveries)
      .where(eq(deliveries.id, late.id));
    expect(row?.state).toBe("waiting");
  });

  it("sends again what people ask for", async () => {
    const { endpoint } = await create();
    for (let i = 0; i < 3; i++) await tell(STORM);
    const { items, next } = await log(endpoint.id, "?limit=2");
    expect(items).toHaveLength(2);
    const rest = await log(endpoint.id, `?limit=2&cursor=${next}`);
    const ids = [...items, ...rest.items].map(({ id }: { id: string }) => id);
    expect([new Set(ids).size, rest.next]).toEqual([3, null]);

    const post = (path: string, body?: unknown) => lacre.ask(path, { method: "POST", token, body });
    expect((await post(`/v1/deliveries/${ids[0]}/replay`)).status).toBe(204);
    await settle();
    expect(receiver.received).toHaveLength(4);
    const sent = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(sent[3]).toBe(items[0].event.id);

    await lacre.database.db.update(deliveries).set({ state: "failed" });
    const since = new Date(Date.now() - 60_000).toISOString();
    const path = `/v1/webhooks/${endpoint.id}/replay-failed`;
    expect((await post(path, { since })).body).toEqual({ count: 3 });
    await settle();
    expect(receiver.received).toHaveLength(7);
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await post(path, { since: later })).body).toEqual({ count: 0 });
    expect((await post("/v1/deliveries/d_x/replay")).status).toBe(404);
  });

  it("sends a test to one endpoint, whatever it wants", async () => {
    const { endpoint, secret } = await create(["key.expired"]);
    await create();
    const path = `/v1/webhooks/${endpoint.id}/test`;
    expect((await lacre.ask(path, { method: "POST", token })).status).toBe(204);
    await settle();
    expect(receiver.received).toHaveLength(1);
    expect(verify(secret, receiver.received[0] as Received)).toMatchObject({
      type: "webhook.test",
      data: { endpointId: endpoint.id },
    });
  });

  it("changes and removes only what the caller has seen", async () => {
    const { endpoint } = await create();
    const path = `/v1/webhooks/${endpoint.id}`;
    const change = (headers: Record<string, string>, body: unknown = { active: false }) =>
      lacre.ask(path, { method: "PATCH", token, headers, body });
    expect((await change({})).status).toBe(428);
    expect((await change({ "if-match": '"7"' })).status).toBe(412);
    expect((await change({ "if-match": '"1"' })).body.version).toBe(2);
    expect((await change({ "if-match": '"2"' }, { events: ["no.such"] })).status).toBe(400);
    await tell(STORM);
    expect(receiver.received).toEqual([]); // it is off
    const remove = (version: number) =>
      lacre.ask(path, { method: "DELETE", token, headers: { "if-match": `"${version}"` } });
    expect((await remove(1)).status).toBe(412);
    expect((await remove(2)).status).toBe(204);
    expect((await lacre.ask(path, { token })).status).toBe(404);
  });

  it("takes no address that is not public, unless the settings allow it", async () => {
    const settings = lacre.app.get<{ privateWebhooks?: boolean } & ConsoleSettings>(SETTINGS, {
      strict: false,
    });
    settings.privateWebhooks = false;
    try {
      for (const url of [receiver.url, "https://127.0.0.1/", "https://[::ffff:a9fe:a9fe]/"]) {
        const body = { url, events: ["key.expired"] };
        const answer = await lacre.ask("/v1/webhooks", { token, body });
        const [fault] = answer.body.faults;
        expect([url, answer.status, fault.at]).toEqual([url, 400, "body.url"]);
        expect(fault.problem).toContain("CONSOLE_WEBHOOKS_PRIVATE=allow");
      }
      // What was allowed once is judged again whenever it is sent.
      settings.privateWebhooks = true;
      const { endpoint } = await create();
      settings.privateWebhooks = false;
      await tell(STORM);
      expect(receiver.received).toEqual([]);
      expect((await log(endpoint.id)).items).toMatchObject([
        { state: "waiting", lastError: expect.stringContaining("must begin with https.") },
      ]);
    } finally {
      settings.privateWebhooks = true;
    }
  });

  it("says what can be told, with an example of each", async () => {
    const { body } = await lacre.ask("/v1/webhook-events", { token });
    expect(body.items.map(({ type }: { type: string }) => type)).toEqual([
      "key.expiring",
      "key.expired",
      "key.old-used",
      "app.replay-storm",
      "webhook.test",
    ]);
  });
}
