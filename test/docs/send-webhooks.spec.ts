import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { PGlite } from "@electric-sql/pglite";
import {
  MemoryWebhookQueue,
  type WebhookAttempt,
  type WebhookSender,
} from "@lacre/client/webhooks";
import type { QueueCase } from "@lacre/client/webhooks/contract";
import { Webhook } from "standardwebhooks";
import { SENDER_OPTIONS } from "../../libs/client/src/webhooks/webhook-sender.js";
import { Receiver } from "../support/webhook-receiver.js";
import { firstColumn, rowsOf } from "./markdown.js";
import { Workshop } from "./workshop.js";

const PAGE = "docs/recipes/send-webhooks.md";
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
let receiver: Receiver;
let workshop: Workshop;
beforeAll(async () => {
  process.env.ACME_SECRET = SECRET;
  receiver = await Receiver.start();
  // The receiver of the page is on this machine.
  workshop = new Workshop(PAGE, {
    "https://acme.example/hooks": receiver.url,
    "endpoints: {": 'allowHttp: true, allowedNetworks: ["127.0.0.1"], endpoints: {',
    "endpoints: (id)": 'allowHttp: true, allowedNetworks: ["127.0.0.1"], endpoints: (id)',
  });
});
beforeEach(() => void (receiver.received.length = 0));
afterAll(async () => {
  delete process.env.ACME_SECRET;
  workshop.close();
  await receiver.close();
});

const messages = (): unknown[] =>
  receiver.received.map(({ body, headers }) =>
    new Webhook(SECRET).verify(body, headers as Record<string, string>),
  );

it("delivers from memory, signed", async () => {
  const { hooks, orderPaid } = (await workshop.run("hooks.ts")) as {
    hooks: WebhookSender;
    orderPaid: (order: number) => Promise<string>;
  };
  await hooks.start();
  const id = await orderPaid(7);
  await hooks.idle();
  await hooks.stop();
  expect(messages()).toEqual([{ type: "order.paid", data: { order: 7 } }]);
  expect((await hooks.find(id))?.state).toBe("delivered");
});

it("delivers from PostgreSQL, within a transaction", async () => {
  const database = await PGlite.create();
  await database.exec("CREATE TABLE endpoints (id text, url text, secrets text[])");
  await database.exec("CREATE TABLE orders (id int, paid boolean)");
  await database.query("INSERT INTO endpoints VALUES ('acme', $1, $2)", [receiver.url, [SECRET]]);
  const { shopHooks, pay } = (await workshop.run("shop-hooks.ts")) as {
    shopHooks: (pool: PGlite) => WebhookSender;
    pay: (client: PGlite, hooks: WebhookSender, order: number) => Promise<void>;
  };
  const hooks = shopHooks(database);
  await hooks.start();
  await pay(database, hooks, 8);
  await pay(database, hooks, 8);
  await hooks.idle();
  await hooks.stop();
  expect(messages()).toEqual([{ type: "order.paid", data: { order: 8 } }]);
  await database.close();
});

it("tells what is wrong with what a customer gives", async () => {
  const { faultOf } = (await workshop.run("register.ts")) as {
    faultOf: (url: string, secret: string) => string | undefined;
  };
  expect(faultOf("https://customer.example/hooks", SECRET)).toBeUndefined();
  expect(faultOf("https://169.254.169.254/", SECRET)).toContain("not one of the public internet");
});

it("starts and stops with a Nest application", async () => {
  const { Webhooks } = (await workshop.run("webhooks.service.ts")) as {
    Webhooks: new (sender: unknown) => {
      onApplicationBootstrap(): Promise<void>;
      beforeApplicationShutdown(): Promise<void>;
    };
  };
  const calls: string[] = [];
  const service = new Webhooks({
    start: async () => void calls.push("start"),
    stop: async () => void calls.push("stop"),
  });
  await service.onApplicationBootstrap();
  await service.beforeApplicationShutdown();
  expect(calls).toEqual(["start", "stop"]);
});

it("has cases that run for the queue in memory", async () => {
  const { cases } = (await workshop.run("queue.cases.ts")) as { cases: QueueCase[] };
  expect(cases.length).toBeGreaterThan(15);
  for (const { run } of cases) await run();
});

it("names every field of a delivery and of an attempt", async () => {
  const queue = new MemoryWebhookQueue();
  await queue.add({
    ...{ id: "whd_1", endpointId: "acme", messageId: "m", contentType: "text/plain" },
    content: Buffer.from("x"),
  });
  const [taken] = await queue.take({ count: 1, perEndpoint: 1, leaseMs: 1000 });
  if (taken === undefined) throw new Error("one was due");
  const attempt: WebhookAttempt = {
    atMs: 1,
    status: 500,
    problem: null,
    durationMs: 1,
    answer: null,
  };
  await queue.settle(taken, { attempt, state: "failed" });
  const { log, ...delivery } = (await queue.find("whd_1")) ?? { log: [] };
  const fields = [...Object.keys(delivery), "log", ...Object.keys(log[0] ?? {})];
  const named = firstColumn(PAGE, "## The log, and sending again");
  expect(named.toSorted()).toEqual(fields.toSorted());
});

it("has every option in its table, no other, and its default", () => {
  const described = Object.entries(SENDER_OPTIONS).map(([name, option]) => {
    const { presence, says, default: value } = option as unknown as Record<string, unknown>;
    if (presence === "required") return [name, "required"];
    if (says !== undefined) return [name, says];
    if (value === undefined) return [name, ""];
    if (typeof value === "number") return [name, value.toLocaleString("en")];
    return [name, `\`${JSON.stringify(value)}\``];
  });
  expect(Object.fromEntries(rowsOf(PAGE, "## Options"))).toEqual(Object.fromEntries(described));
});
