import { createHmac, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { PGlite } from "@electric-sql/pglite";
import { ConfigurationError, lacre1 } from "@lacre/core";
import {
  MemoryWebhookQueue,
  WebhookQueueFullError,
  WebhookSender,
  type EndedAttempt,
  type WebhookEndpoint,
  type WebhookQueue,
  type WebhookSenderOptions,
} from "@lacre/client/webhooks";
import { PostgresWebhookQueue } from "@lacre/client/webhooks/postgres";
import { bodySignature } from "@lacre/schemes/body-signature";
import { mailgun } from "@lacre/schemes/mailgun";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { Webhook } from "standardwebhooks";
import { Receiver } from "../support/webhook-receiver.js";

const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;
const SECRET = newSecret();
const EVENT = { type: "order.paid", data: { id: 7, name: "Šárka" } };
const scheme = standardWebhooks({ appId: "us" });

const KEY = "a secret of thirty-two bytes, or more";
const LK1 = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const atReceiver = (secret: string) => ({ url: receiver.url, secrets: [secret] });

let receiver: Receiver;
let database: PGlite;
let tables = 0;
beforeAll(async () => {
  receiver = await Receiver.start();
  database = await PGlite.create();
});
beforeEach(() => {
  receiver.received.length = 0;
  answer(204);
});
const senders: WebhookSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.stop();
});
afterAll(async () => {
  await receiver.close();
  await database.close();
});

const answer = (status: number, headers = {}, body = "") => {
  receiver.answer = (_request, response) => response.writeHead(status, headers).end(body);
};
const lines: string[] = [];
const log = (entry: unknown): void => void lines.push(String(entry));
beforeEach(() => void (lines.length = 0));

/** A sender that delivers as soon as something is due, and no sooner tries again than `retryPlan` says. */
function made(options: Partial<WebhookSenderOptions> = {}): WebhookSender {
  const sender = new WebhookSender({
    scheme,
    endpoints: { acme: { url: receiver.url, secrets: [SECRET] } },
    allowHttp: true,
    allowedNetworks: ["127.0.0.1"],
    retryPlan: [0, 0, 0],
    logger: { log, warn: log, error: log },
    ...options,
  });
  senders.push(sender);
  return sender;
}
async function started(options: Partial<WebhookSenderOptions> = {}): Promise<WebhookSender> {
  const sender = made(options);
  await sender.start();
  return sender;
}

const QUEUES: Record<string, () => WebhookQueue> = {
  "in memory": () => new MemoryWebhookQueue(),
  "on PGlite": () => new PostgresWebhookQueue({ pool: database, table: `hooks_${++tables}` }),
};

describe.each(Object.entries(QUEUES))("WebhookSender, with a queue %s", (_name, queueOf) => {
  it("delivers what it is told, signed, and knows it", async () => {
    const hooks = await started({ queue: queueOf() });
    const sent = await hooks.send("acme", EVENT);
    expect(sent).toMatchObject({ state: "waiting", attempts: 0, endpointId: "acme" });
    await hooks.idle();
    const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual(EVENT);
    expect(headers).toMatchObject({
      "webhook-id": sent.messageId,
      "content-type": "application/json",
      "user-agent": "Lacre-Webhooks/1",
    });
    expect(await hooks.find(sent.id)).toMatchObject({
      state: "delivered",
      attempts: 1,
      dueAtMs: null,
      log: [{ status: 204, problem: null, answer: null, durationMs: expect.any(Number) }],
    });
  });

  it("sends a message of one id once, bytes as they stand", async () => {
    const hooks = await started({ queue: queueOf() });
    const bytes = Buffer.from("a=1&b=%20");
    const contentType = "application/x-www-form-urlencoded";
    for (let i = 0; i < 3; i++) await hooks.send("acme", bytes, { id: "order-7", contentType });
    await hooks.idle();
    await hooks.send("acme", "other", { id: "order-7" });
    await hooks.idle();
    expect(receiver.received.map(({ body }) => body)).toEqual(["a=1&b=%20"]);
    expect(receiver.received[0]?.headers["content-type"]).toBe(contentType);
  });

  it("tries again with the same id and content until the plan ends, and says so", async () => {
    const told: EndedAttempt[] = [];
    const observer = { attempted: (ended: EndedAttempt) => void told.push(ended) };
    const hooks = await started({ queue: queueOf(), observer });
    answer(500, {}, "overloaded");
    const { id } = await hooks.send("acme", EVENT);
    await hooks.idle();
    const { state, attempts, log: kept = [] } = (await hooks.find(id)) ?? {};
    expect([state, attempts, receiver.received.length]).toEqual(["failed", 4, 4]);
    expect(kept.map(({ status, answer: said }) => [status, said])).toEqual(
      Array(4).fill([500, "overloaded"]),
    );
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(told.map(({ delivery, state: is }) => [delivery.attempt, is])).toEqual([
      [1, "waiting"],
      [2, "waiting"],
      [3, "waiting"],
      [4, "failed"],
    ]);
    expect(JSON.stringify([kept, told])).not.toContain("v1,");
  });

  it("waits as long as the receiver says", async () => {
    const hooks = await started({ queue: queueOf() });
    for (const status of [429, 503]) {
      answer(status, { "retry-after": "3600" });
      const { id } = await hooks.send("acme", EVENT);
      await hooks.idle();
      const { dueAtMs, createdAtMs = NaN } = (await hooks.find(id)) ?? {};
      expect((dueAtMs ?? NaN) - createdAtMs).toBeGreaterThanOrEqual(3_600_000);
    }
    expect(receiver.received).toHaveLength(2);
  });

  it("stops at 410, tells it once, and goes on when it is told to", async () => {
    const paused: string[][] = [];
    const observer = { paused: (...what: string[]) => void paused.push(what) };
    const hooks = await started({ queue: queueOf(), observer });
    answer(410);
    const { id } = await hooks.send("acme", EVENT);
    await hooks.idle();
    expect((await hooks.find(id))?.state).toBe("failed");
    answer(204);
    const waiting = await hooks.send("acme", EVENT);
    await hooks.idle();
    expect(receiver.received).toHaveLength(1);
    expect(paused).toEqual([["acme", expect.stringContaining("410")]]);
    expect(lines).toEqual([expect.stringContaining('The endpoint "acme" is paused')]);
    expect((await hooks.endpoint("acme")).reason).toContain("410");
    expect(await hooks.resume("acme")).toBe(true);
    await hooks.idle();
    expect((await hooks.find(waiting.id))?.state).toBe("delivered");
  });

  it("sends again one that has ended, and all that failed since", async () => {
    const hooks = await started({ queue: queueOf(), retryPlan: [] });
    const beganMs = Date.now();
    answer(500);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await hooks.send("acme", EVENT, { id: `m${i}` })).id);
    await hooks.idle();
    answer(204);
    expect(await hooks.replay(ids[0] ?? "")).toBe(true);
    await hooks.idle();
    expect(await hooks.replayFailed({ endpointId: "acme", sinceMs: beganMs - 60_000 })).toBe(2);
    await hooks.idle();
    const all = await hooks.list({ endpointId: "acme" });
    expect(all.map(({ state }) => state)).toEqual(Array(3).fill("delivered"));
    expect(all.map(({ log: kept }) => kept.length)).toEqual([2, 2, 2]);
    const sent = receiver.received.map(({ headers }) => String(headers["webhook-id"]));
    expect(sent.toSorted()).toEqual(["m0", "m0", "m1", "m1", "m2", "m2"]);
    expect(await hooks.replay("whd_none")).toBe(false);
  });
});

describe("WebhookSender", () => {
  it("reads an endpoint before each attempt: a secret that is rotated signs with the one before", async () => {
    let endpoint: WebhookEndpoint = { url: receiver.url, secrets: [SECRET] };
    const hooks = await started({ endpoints: async () => endpoint });
    await hooks.send("acme", EVENT);
    await hooks.idle();
    const next = newSecret();
    endpoint = { url: receiver.url, secrets: [next, SECRET] };
    await hooks.send("acme", EVENT);
    await hooks.idle();
    const verifies = (secret: string) =>
      receiver.received.map(({ body, headers }) => {
        try {
          return new Webhook(secret).verify(body, headers as Record<string, string>) !== undefined;
        } catch {
          return false;
        }
      });
    expect([verifies(SECRET), verifies(next)]).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it.each<[object, RegExp]>([
    [Promise.resolve(EVENT), /the event is a Promise \(is an await missing\?\)/],
    [{ data: { order: Promise.resolve(7) } }, /as "order", a Promise/],
    [{ data: [new Map([["a", 1]])] }, /as "0", a Map/],
    [new Set([1]), /is a Set/],
    [{ error: new RangeError("no") }, /as "error", an Error/],
    [{ a: { b: Number.NaN } }, /as "b", the number NaN/],
    [{ a: Infinity }, /the number Infinity/],
    [{ a: [undefined] }, /undefined in a list/],
    [{ a: () => 1 }, /a function/],
    [{ a: Symbol("s") }, /a symbol/],
    [{ a: 1n }, /a bigint/],
    [{ a: /x/ }, /a RegExp/],
    [{ a: new Uint8Array(2) }, /as "a", bytes/],
    [new ArrayBuffer(2), /is an ArrayBuffer/],
    [{ at: new Date(Number.NaN) }, /as "at", an invalid date/],
    [Object.assign(() => 1, {}), /is a function/],
  ])("refuses what JSON has no form for, and sends nothing: %p", async (event, message) => {
    const hooks = await started();
    await expect(hooks.send("acme", event)).rejects.toThrow(message);
    await expect(hooks.send("acme", event)).rejects.toThrow(TypeError);
    await hooks.idle();
    expect(receiver.received).toEqual([]);
  });

  it("sends what JSON has a form for, however it is made", async () => {
    const hooks = await started();
    class Order {
      readonly id = 7;
      readonly note = undefined;
      total(): number {
        return 1;
      }
    }
    const at = new Date(0);
    const error = Object.assign(new Error("no"), { toJSON: () => ({ message: "no" }) });
    const bare = Object.assign(Object.create(null) as object, { x: null });
    await hooks.send("acme", {
      order: new Order(),
      at,
      error,
      bare,
      url: new URL("https://a.example/"),
    });
    await hooks.idle();
    expect(JSON.parse(receiver.received[0]?.body ?? "")).toEqual({
      order: { id: 7 },
      at: at.toJSON(),
      error: { message: "no" },
      bare: { x: null },
      url: "https://a.example/",
    });
  });

  it("fails at once what goes to nobody, and tries again where the finder fails", async () => {
    const hooks = await started({
      endpoints: (id) => {
        if (id === "broken") throw new Error("cannot connect to postgres://u:hunter2@h/db");
        return id === "null" ? null : undefined;
      },
    });
    const [gone, broken] = [await hooks.send("gone", EVENT), await hooks.send("broken", EVENT)];
    const noRow = await hooks.send("null", EVENT);
    await hooks.idle();
    for (const { id } of [gone, noRow])
      expect(await hooks.find(id)).toMatchObject({
        state: "failed",
        attempts: 1,
        log: [{ problem: "There is no such endpoint." }],
      });
    const { attempts, log: kept = [] } = (await hooks.find(broken.id)) ?? {};
    expect([attempts, kept[0]?.problem]).toEqual([4, "The endpoint cannot be read."]);
    expect(lines.join()).toContain("cannot connect");
    expect(lines.join() + JSON.stringify(kept)).not.toContain("hunter2");
  });

  it.each([
    [60, "1 minute"],
    [3600, "60 minutes"],
    [86_400, "1 day"],
    [432_000, "5 days"],
  ])(
    "pauses what fails for %s s, and nothing that has succeeded meanwhile",
    async (pauseAfter, words) => {
      let nowMs = Date.now();
      const clock = { nowMs: () => nowMs };
      const queue = new MemoryWebhookQueue({ clock });
      const hooks = await started({ queue, clock, retryPlan: [], pauseAfter });
      const statuses = [500, 204, 500, 500];
      for (const status of statuses) {
        answer(status);
        await hooks.send("acme", EVENT);
        await hooks.idle();
        expect((await hooks.endpoint("acme")).pausedAtMs).toBe(
          receiver.received.length < statuses.length ? null : nowMs,
        );
        nowMs += pauseAfter * 1000;
      }
      expect((await hooks.endpoint("acme")).reason).toBe(`No attempt has succeeded for ${words}.`);
    },
  );

  it("lets a slow endpoint hold up no other", async () => {
    const other = await Receiver.start();
    receiver.answer = () => undefined;
    const hooks = await started({
      endpoints: {
        slow: { url: receiver.url, secrets: [SECRET] },
        quick: { url: other.url, secrets: [SECRET] },
      },
      timeoutMs: 500,
      concurrency: 4,
      retryPlan: [],
    });
    for (let i = 0; i < 6; i++) await hooks.send("slow", EVENT);
    await hooks.send("quick", EVENT);
    await until(() => other.received.length === 1);
    expect(receiver.received.length).toBeLessThanOrEqual(3);
    await other.close();
  });

  it("stops when what is on its way has ended, and takes nothing more", async () => {
    let end = (): void => undefined;
    receiver.answer = (_request, response) => void (end = () => response.writeHead(204).end());
    const hooks = await started({ concurrency: 1 });
    const [first, second] = [await hooks.send("acme", EVENT), await hooks.send("acme", EVENT)];
    await until(() => receiver.received.length === 1);
    let isStopped = false;
    const stopping = hooks.stop().then(() => (isStopped = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isStopped).toBe(false);
    end();
    await stopping;
    expect((await hooks.find(first.id))?.state).toBe("delivered");
    expect((await hooks.find(second.id))?.state).toBe("waiting");
    expect(lines).toEqual([expect.stringContaining("1 webhook waits in memory alone: lost")]);
  });

  it("goes on when its queue does, and says once that it is away", async () => {
    const queue = new MemoryWebhookQueue();
    const take = queue.take.bind(queue);
    let isAway = true;
    queue.take = async (terms) => {
      if (isAway) throw new Error("the database is away");
      return take(terms);
    };
    const hooks = await started({ queue, pollMs: 10 });
    const { id } = await hooks.send("acme", EVENT);
    await new Promise((resolve) => setTimeout(resolve, 100));
    isAway = false;
    await until(async () => (await hooks.find(id))?.state === "delivered");
    expect(lines).toEqual([
      expect.stringContaining("cannot be read: the database is away"),
      expect.stringContaining("can be read again"),
    ]);
  });

  it("looks at its queue few times, however many messages come at once", async () => {
    const queue = new MemoryWebhookQueue();
    const take = queue.take.bind(queue);
    let looks = 0;
    queue.take = async (terms) => {
      looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return take(terms);
    };
    const hooks = await started({ queue, concurrency: 1000, concurrencyPerEndpoint: 1000 });
    await Promise.all(Array.from({ length: 300 }, () => hooks.send("acme", EVENT)));
    await hooks.idle();
    expect(receiver.received).toHaveLength(300);
    expect(looks).toBeLessThan(100);
  });

  it("is not troubled by an observer that throws", async () => {
    const observer = {
      attempted: () => {
        throw new Error("broken");
      },
    };
    const hooks = await started({ observer });
    const { id } = await hooks.send("acme", EVENT);
    await hooks.idle();
    expect((await hooks.find(id))?.state).toBe("delivered");
    expect(lines).toEqual([expect.stringContaining("observer of webhooks failed: broken")]);
  });

  it("adds in the transaction of its caller, with PostgreSQL", async () => {
    const queue = new PostgresWebhookQueue({ pool: database, table: `hooks_${++tables}` });
    const hooks = await started({ queue });
    const undone = database.transaction(async (transaction) => {
      await hooks.send("acme", EVENT, { id: "undone", transaction });
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await database.transaction((transaction) =>
      hooks.send("acme", EVENT, { id: "done", transaction }).then(() => undefined),
    );
    await hooks.idle();
    expect((await hooks.list()).map(({ messageId }) => messageId)).toEqual(["done"]);
    await expect(hooks.send("acme", EVENT, { transaction: {} })).rejects.toThrow("transaction");
  });

  it("has no secret in its queue", async () => {
    const table = `hooks_${++tables}`;
    const hooks = await started({ queue: new PostgresWebhookQueue({ pool: database, table }) });
    answer(500, {}, `you sent ${SECRET}`);
    await hooks.send("acme", EVENT);
    await hooks.idle();
    const { rows } = await database.query(`SELECT * FROM ${table}, ${table}_endpoints`);
    expect(JSON.stringify(rows)).toContain("you sent");
    expect(JSON.stringify(rows)).not.toContain(SECRET.slice(6, 20));
  });

  it("refuses what cannot be sent, at once", async () => {
    const hooks = made({ queue: new MemoryWebhookQueue({ capacity: 1 }), maxContentBytes: 10 });
    await expect(hooks.send("nobody", "{}")).rejects.toThrow('there is no endpoint "nobody"');
    await expect(hooks.send("acme", "12345678901")).rejects.toThrow("maxContentBytes");
    for (const id of ["", "a b", "a\nb", "x".repeat(129)])
      await expect(hooks.send("acme", "{}", { id })).rejects.toThrow("id of the message");
    for (const event of [undefined, () => EVENT, Symbol("x"), { toJSON: () => undefined }, 7n])
      await expect(hooks.send("acme", event as object)).rejects.toThrow(TypeError);
    const types = [
      "text/plain\n",
      "",
      "text/plain\r\nx-a: b",
      "text/plain\0",
      "text/pläin",
      " a/b",
    ];
    const wrong = [{ messageId: "x" }, ...types.map((contentType) => ({ contentType }))];
    for (const terms of wrong)
      await expect(hooks.send("acme", "{}", terms)).rejects.toThrow(ConfigurationError);
    await hooks.send("acme", "{}");
    await expect(hooks.send("acme", "{}")).rejects.toThrow(WebhookQueueFullError);
  });

  it.each<[string, (hooks: WebhookSender) => Promise<unknown>, string]>([
    ["a state that is none", (hooks) => hooks.list({ state: "sent" as "failed" }), "state: must"],
    ["a name that is none", (hooks) => hooks.list({ endpoint: "a" } as object), "endpoint: is not"],
    ["too many", (hooks) => hooks.list({ limit: 1001 }), "limit: is 1001"],
    ["a page that is none", (hooks) => hooks.list({ after: "whd_1" as never }), "after: must be"],
    [
      "a time under another name",
      (hooks) => hooks.replayFailed({ since: 1 } as never),
      "Did you mean sinceMs?",
    ],
    ["no time", (hooks) => hooks.replayFailed({} as never), "sinceMs: is missing"],
    [
      "a time that is a date",
      (hooks) => hooks.replayFailed({ sinceMs: new Date() as never }),
      "sinceMs: is an object",
    ],
  ])("refuses to look for %s", async (_what, ask, message) => {
    const queue = new PostgresWebhookQueue({ pool: database, table: `hooks_${++tables}` });
    const hooks = await started({ queue });
    await expect(ask(hooks)).rejects.toThrow(ConfigurationError);
    await expect(ask(hooks)).rejects.toThrow(message);
  });

  it("says in the log, not to the endpoint's owner, how a private address is allowed", async () => {
    const hooks = await started({
      endpoints: () => atReceiver(SECRET),
      allowedNetworks: [],
      retryPlan: [],
    });
    const { id } = await hooks.send("acme", EVENT);
    await hooks.idle();
    expect(lines).toEqual([expect.stringContaining("nor in allowedNetworks")]);
    expect(JSON.stringify(await hooks.find(id))).not.toContain("allowedNetworks");
  });

  it.each(["sha1", "sha384", "sha512"] as const)(
    "signs with the hash of a format: %s",
    async (algorithm) => {
      const format = bodySignature({
        ...{ name: "acme", appId: "us", signatureHeader: "x-sig", template: "{body}" },
        ...{ algorithm, acknowledgeWeakness: true },
      });
      const hooks = await started({ scheme: format, endpoints: { acme: atReceiver(KEY) } });
      await hooks.send("acme", EVENT);
      await hooks.idle();
      const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
      expect(headers).toMatchObject({
        "x-sig": createHmac(algorithm, KEY).update(body).digest("hex"),
      });
    },
  );

  it("signs with the hash that is said, of those that a format has", async () => {
    const signs = async (options: Partial<WebhookSenderOptions>, endpoint = {}) => {
      receiver.received.length = 0;
      const endpoints = { acme: { ...atReceiver(LK1), ...endpoint } };
      const hooks = await started({ scheme: lacre1, endpoints, ...options });
      await hooks.send("acme", EVENT);
      await hooks.idle();
      return String(receiver.received[0]?.headers["authorization"]).split(" ", 1)[0];
    };
    expect(await signs({})).toBe("LACRE1-HMAC-SHA256");
    expect(await signs({ algorithm: "sha512" })).toBe("LACRE1-HMAC-SHA512");
    expect(await signs({ algorithm: "sha512" }, { algorithm: "sha384" })).toBe(
      "LACRE1-HMAC-SHA384",
    );
  });

  it.each<[string, Partial<WebhookSenderOptions>]>([
    ["in a record", {}],
    ["that are found", { endpoints: () => atReceiver(SECRET) }],
  ])("refuses at once what can never be signed, with endpoints %s", async (_how, options) => {
    const hooks = await started(options);
    await expect(hooks.send("acme", EVENT, { id: "a.b" })).rejects.toThrow(
      /^the message cannot be signed as standard-webhooks does: The id must be/,
    );
    expect(await hooks.list()).toEqual([]);
    const ofFields = bodySignature({
      ...{ name: "fields", appId: "us", signatureHeader: "x-sig", idField: "id" },
      template: "{id}",
      acknowledgeWeakness: true,
    });
    const others = await started({ ...options, scheme: ofFields, encoding: "text" });
    await expect(others.send("acme", { id: 7, other: 1 })).resolves.toBeDefined();
    await expect(others.send("acme", '{"id":7,"id":8}')).rejects.toThrow(RangeError);
  });

  it("ends what can never be signed, and holds it against nobody", async () => {
    const queue = new MemoryWebhookQueue();
    const hooks = await started({ queue, pauseAfter: 1 });
    // As a queue has it that was filled before the format changed.
    const old = { id: "whd_1", endpointId: "acme", messageId: "a.b", contentType: "text/plain" };
    await queue.add({ ...old, content: Buffer.from("{}") });
    await hooks.idle();
    expect(await hooks.find("whd_1")).toMatchObject({ state: "failed", attempts: 1 });
    expect(await hooks.endpoint("acme")).toEqual({
      ...{ failingSinceMs: null, pausedAtMs: null, reason: null },
    });
    expect(lines).toEqual([expect.stringContaining("whd_1 goes nowhere: It cannot be signed")]);
  });

  it("tries again what an endpoint's secret cannot sign yet, and holds it against nobody", async () => {
    let secrets = ["hunter2hunter2"];
    const endpoints = () => ({ url: receiver.url, secrets });
    const observer = { attempted: () => void (secrets = [SECRET]) };
    const hooks = await started({ endpoints, observer });
    const { id } = await hooks.send("acme", EVENT);
    await hooks.idle();
    const { state, log: kept = [] } = (await hooks.find(id)) ?? {};
    expect([state, kept.map(({ status }) => status)]).toEqual(["delivered", [null, 204]]);
    expect(lines.join() + JSON.stringify(kept)).not.toContain("hunter2");
  });

  it.each<[string, object, RegExp]>([
    [
      "a format that cannot sign",
      { scheme: mailgun({ appId: "us" }), endpoints: () => undefined },
      /^scheme: mailgun cannot sign/,
    ],
    [
      "a format of an endpoint that cannot sign",
      {
        endpoints: {
          a: { url: "https://a.test/", secrets: [SECRET], scheme: mailgun({ appId: "us" }) },
        },
      },
      /^endpoints\.a: scheme: mailgun cannot sign/,
    ],
    [
      "a hash that a format has not",
      { algorithm: "sha512" },
      /^endpoints\.acme: algorithm: standard-webhooks does not work with this/,
    ],
    ["a scheme that is missing", { scheme: undefined }, /^scheme: is missing/],
    ["a function that makes one", { scheme: standardWebhooks }, /^scheme: is a function/],
    [
      "the name of a format",
      { scheme: "standard-webhooks" },
      /^scheme: "standard-webhooks" is not/,
    ],
    [
      "a URL without TLS",
      { allowHttp: false },
      /^endpoints\.acme: url: The URL must begin with https\. Mend it, .*without allowHttp: true/,
    ],
    [
      "an address of this machine",
      { allowedNetworks: [] },
      /^endpoints\.acme: url: The address 127\.0\.0\.1 is not .* nor in allowedNetworks\.$/,
    ],
    ["endpoints that are missing", { endpoints: undefined }, /^endpoints: is missing/],
    ["endpoints in a list", { endpoints: [] }, /^endpoints: must be a record/],
    [
      "a private address",
      { endpoints: { a: { url: "https://10.0.0.1/", secrets: [SECRET] } } },
      /^endpoints\.a: url: The address 10\.0\.0\.1 is not/,
    ],
    [
      "a secret that is none",
      { endpoints: { a: { url: "https://example.com/", secrets: ["hunter2hunter2"] } } },
      /^endpoints\.a: apiKey: /,
    ],
    [
      "a header that is the message's own",
      { endpoints: { a: { url: "https://a.test/", secrets: [SECRET], headers: { Host: "b" } } } },
      /^endpoints\.a: headers\.host: cannot be a header/,
    ],
    [
      "a header that the format sets",
      {
        endpoints: {
          a: { url: "https://a.test/", secrets: [SECRET], headers: { "Webhook-Id": "b" } },
        },
      },
      /^endpoints\.a: headers\.webhook-id: cannot be a header/,
    ],
    ["a lease that is too short", { leaseMs: 20_000 }, /^leaseMs: must be at least twice/],
    ["a plan of words", { retryPlan: ["5s"] }, /^retryPlan: must be a list/],
    ["a network that is none", { allowedNetworks: ["localhost"] }, /^allowedNetworks\[0\]: /],
    ["what is no option", { retries: 3 }, /^retries: is not an option of WebhookSender/],
    ["a queue that is none", { queue: {} }, /^queue: must be an object with add/],
  ])("stops the start for %s", (_what, options, message) => {
    const make = () => made(options as Partial<WebhookSenderOptions>);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(/hunter2/);
  });
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 15_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
