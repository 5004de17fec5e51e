import { createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, LookupFunction } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  exponentialPlan,
  isPublicAddress,
  STANDARD_RETRY_PLAN,
  WebhookClient,
  type WebhookClientOptions,
  type WebhookEndpoint,
} from "@lacre/client/webhooks";
import { ConfigurationError } from "@lacre/core";
import { bodySignature } from "@lacre/schemes/body-signature";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { Webhook } from "standardwebhooks";
import { nextWaitMs } from "../../libs/client/src/webhooks/retry-plan.js";
import { Receiver } from "../support/webhook-receiver.js";

const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;
const SECRET = newSecret();
const OTHER = newSecret();
const message = { id: "evt_1", content: Buffer.from('{"type":"t","data":{"name":"Šárka"}}') };
const NOWHERE = "The host of the URL has no address that is public.";
const scheme = standardWebhooks({ appId: "us" });

type Terms = Partial<WebhookEndpoint> & Partial<WebhookClientOptions>;
const strict: Terms = { secrets: [SECRET] };
const lenient: Terms = { secrets: [SECRET], allowHttp: true, allowedNetworks: ["127.0.0.0/8"] };

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (_request, response) => response.writeHead(204).end();
});
afterAll(() => receiver.close());

/** What came of an attempt, without when it was and how long it took. */
async function send({ url = "", secrets = [], headers, ...client }: Terms, attempt = 1) {
  const all = await new WebhookClient({ scheme, ...client }).attempt(
    { url, secrets, headers, scheme: client.scheme },
    message,
    attempt,
  );
  const { atMs, durationMs, ...rest } = all;
  expect(Math.abs(Date.now() - atMs)).toBeLessThan(60_000);
  return { ...rest, isTimed: durationMs !== null };
}
const failed = { isDelivered: false, status: null, answer: null, isTimed: true } as const;

describe("where webhooks may go", () => {
  it.each([
    ["127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"],
    ["169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.192", "198.18.0.1"],
    // What clouds tell their own machines alone: AWS and most others, Alibaba, Oracle, Tencent, Azure, IBM.
    ["169.254.170.2", "100.100.100.200", "192.0.0.192", "169.254.0.23", "168.63.129.16"],
    ["161.26.0.10", "166.8.0.1", "166.11.255.255", "fd20:ce::254", "fd00:c1::a9fe:a9fe"],
    ["224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "192.88.99.1"],
    ["::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1"],
    ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:10.0.0.1"],
    ["64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1"],
    ["100::1", "5f00::1", "3fff::1", "4000::1", "1::1", "", "localhost", "0x7f.1.1.1", "127.1"],
  ])("is none of %s and their like", (...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  it("is the public internet", () => {
    const all = [
      "8.8.8.8",
      "100.63.255.255",
      "172.32.0.1",
      "168.63.129.17",
      "166.12.0.1",
      "2606:4700::1111",
      "2a00:1450::1",
    ];
    expect(all.filter(isPublicAddress)).toEqual(all);
  });

  it.each([
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::7f00:1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://168.63.129.16/",
    "http://example.com/",
    "https://user:pass@example.com/",
    "https://example.com/#x",
    "ftp://example.com/",
    "file:///etc/passwd",
    "//example.com/",
    "",
  ])("is not %s", (url) => {
    expect(() => new WebhookClient({ scheme }).checkUrl(url)).toThrow(/^The (?:URL|address) /);
  });

  it("takes no name for a URL that means an address which is not public", async () => {
    const lookups: string[] = [];
    const lookup: LookupFunction = (name, options, done) => {
      lookups.push(name);
      if (options.all === true) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    };
    const url = `https://rebinding.example:${receiver.port}/`;
    const tried = await send({ ...strict, url, lookup });
    expect(tried).toEqual({
      ...failed,
      problem: NOWHERE,
      detail: "rebinding.example is 127.0.0.1: not public, nor in allowedNetworks",
      isTimed: false,
    });
    expect([lookups, receiver.received]).toEqual([["rebinding.example"], []]);
  });

  it("connects to the very address that was judged, however the name changes", async () => {
    const answers = [["203.0.113.7"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], []];
    const problems: (string | null)[] = [];
    for (const addresses of answers) {
      let asked = 0;
      const lookup: LookupFunction = (_name, options, done) => {
        asked += 1;
        // Whoever asks a second time is told of this machine.
        const told = asked === 1 ? addresses : ["127.0.0.1"];
        expect(options.all).toBe(true);
        done(
          null,
          told.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
        );
      };
      const tried = await send({ ...strict, url: `https://x.example:${receiver.port}/`, lookup });
      problems.push(tried.problem);
      expect(asked).toBe(1);
    }
    expect(problems).toEqual(answers.map(() => NOWHERE));
    expect(receiver.received).toEqual([]);
  });

  it("says the same of a name that is private and of one that there is not", async () => {
    const nobody: LookupFunction = (name, _options, done) =>
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }), "", 0);
    const url = `https://localhost:${receiver.port}/`;
    const tried = [await send({ ...strict, url }), await send({ ...strict, url, lookup: nobody })];
    expect(tried).toMatchObject(tried.map(() => ({ problem: NOWHERE, isTimed: false })));
    expect(receiver.received).toEqual([]);
  });

  it("follows no redirect, wherever it leads", async () => {
    let again = 0;
    receiver.answer = (_request, response) => {
      again += 1;
      response.writeHead(307, { location: "http://169.254.169.254/latest/meta-data" }).end();
    };
    expect(await send({ ...lenient, url: receiver.url })).toEqual({
      ...failed,
      status: 307,
      problem: "Redirects are not followed.",
    });
    expect(again).toBe(1);
  });
});

describe("a try", () => {
  it("is signed as others understand it, by each secret", async () => {
    const terms = { ...lenient, url: receiver.url, secrets: [SECRET, OTHER] };
    expect(await send(terms)).toEqual({
      ...{ isDelivered: true, status: 204, problem: null, answer: null, isTimed: true },
    });
    const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
    for (const secret of [SECRET, OTHER])
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(
        JSON.parse(body),
      );
    expect(() =>
      new Webhook(SECRET).verify(`${body} `, headers as Record<string, string>),
    ).toThrow();
    expect(headers["webhook-id"]).toBe("evt_1");
    expect(headers["content-type"]).toBe("application/json");
  });

  it("ends in time, whether nothing comes, or the head or the content comes slowly", async () => {
    const drip = (first: string): Promise<[string, () => void]> =>
      new Promise((resolve) => {
        const server = createServer((socket) => {
          socket.on("error", () => undefined);
          socket.write(first);
          const timer = setInterval(() => socket.write("x"), 10);
          socket.on("close", () => clearInterval(timer));
        }).listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo;
          resolve([`http://127.0.0.1:${port}/`, () => server.close()]);
        });
      });
    const late = { ...failed, problem: "There was no answer in time." };
    for (const [first, expected] of [
      ["HTTP/1.1 200 OK\r\nx-slow: ", late],
      ["HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", { isDelivered: true, status: 200 }],
    ] as const) {
      const [url, close] = await drip(first);
      expect(await send({ ...lenient, url, timeoutMs: 200 })).toMatchObject(expected);
      close();
    }
    receiver.answer = () => undefined;
    expect(await send({ ...lenient, url: receiver.url, timeoutMs: 100 })).toEqual(late);
  });

  it("takes little of an answer that does not end", async () => {
    let written = 0;
    const ended = new Promise<void>((resolve) => {
      receiver.answer = (_request, response) => {
        response.writeHead(500);
        response.on("close", resolve);
        const chunk = Buffer.alloc(65_536);
        const more = (): void => {
          while (written < 1_073_741_824 && !response.destroyed) {
            written += chunk.length;
            if (!response.write(chunk)) return void response.once("drain", more);
          }
        };
        more();
      };
    });
    expect(await send({ ...lenient, url: receiver.url })).toMatchObject({ status: 500 });
    await ended;
    expect(written).toBeLessThan(33_554_432);
  });

  it("says what failed, and nothing else, where nobody is there", async () => {
    const closed = await Receiver.start();
    const { url } = closed;
    await closed.close();
    expect(await send({ ...lenient, url })).toEqual({
      ...failed,
      problem: "The connection failed: ECONNREFUSED",
    });
  });

  it("is signed anew each time, with the id that it had", async () => {
    let atMs = 1_800_000_000_000;
    const clock = { nowMs: () => atMs };
    const allowedNetworks = ["127.0.0.1"];
    const client = new WebhookClient({ scheme, clock, allowHttp: true, allowedNetworks });
    for (const attempt of [1, 2]) {
      await client.attempt({ url: receiver.url, secrets: [SECRET] }, message, attempt);
      atMs += 300_000;
    }
    const sent = receiver.received.map(({ headers }) => headers);
    expect(sent.map((headers) => [headers["webhook-id"], headers["webhook-timestamp"]])).toEqual([
      ["evt_1", "1800000000"],
      ["evt_1", "1800000300"],
    ]);
    expect(new Set(sent.map((headers) => headers["webhook-signature"])).size).toBe(2);
  });

  it("takes the secrets by turns where the format has room for one signature", async () => {
    const acme = bodySignature({
      name: "acme",
      appId: "us",
      signatureHeader: "x-acme-signature",
      timestampHeader: "x-acme-time",
      template: "{timestamp}.{body}",
      keyEncodings: ["text"],
    });
    const secrets = ["a new", "an old"].map((age) => `${age} secret, of thirty-two bytes or so`);
    for (const attempt of [1, 2, 3])
      await send({ ...lenient, url: receiver.url, secrets, scheme: acme }, attempt);
    const by = receiver.received.map(({ headers, body }) =>
      secrets.findIndex((secret) => {
        const text = `${String(headers["x-acme-time"])}.${body}`;
        const mac = createHmac("sha256", secret).update(text).digest("hex");
        return mac === headers["x-acme-signature"];
      }),
    );
    expect(by).toEqual([0, 1, 0]);
  });

  it("keeps the first bytes of an answer, and no secret that is repeated in it", async () => {
    receiver.answer = (request, response) => {
      const signature = String(request.headers["webhook-signature"]);
      const bare = SECRET.slice("whsec_".length);
      response.writeHead(400);
      response.end(`no\0: ${bare} ${SECRET} ${signature.slice(3)} evt_1 ${"é".repeat(5000)}`);
    };
    const { answer } = await send({ ...lenient, url: receiver.url });
    expect(answer).toMatch(/^no : \*+=* \*+ \*+=* evt_1 é+$/);
    expect(Buffer.byteLength(answer ?? "")).toBeLessThanOrEqual(512);
    expect(Buffer.byteLength(answer ?? "")).toBeGreaterThan(500);
    for (const keptAnswerBytes of [0, 7, 8, 30]) {
      const kept = (await send({ ...lenient, url: receiver.url, keptAnswerBytes })).answer ?? "";
      expect(kept).not.toContain(SECRET.slice(6, 9));
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(keptAnswerBytes);
    }
  });

  it("keeps no value of an endpoint's own headers, however a receiver repeats it", async () => {
    const headers = {
      Authorization: "Bearer tok-9f8e7d6c5b4a",
      "X-Pin": "48151623",
      "X-Short": "s3cr",
      "X-Quoted": 'key="q1w2e3r4t5y6"',
      Cookie: "sid=abcdef0123456789; theme=dark",
    };
    const values = [...Object.values(headers), "tok-9f8e7d6c5b4a", "q1w2e3r4t5y6"];
    receiver.answer = (request, response) => {
      const echo = ["authorization", "x-pin", "x-short", "x-quoted", "cookie"].map(
        (name) => `${name} is ${String(request.headers[name])}`,
      );
      response.writeHead(401);
      response.end([...echo, ...values, JSON.stringify(request.headers)].join("\n"));
    };
    const { answer } = await send({
      ...lenient,
      url: receiver.url,
      headers,
      keptAnswerBytes: 4096,
    });
    expect(answer).toContain("x-pin is ****");
    expect(answer).toContain('"x-short":"****"');
    for (const secret of [...values, "abcdef0123456789"]) expect(answer).not.toContain(secret);
  });

  it("takes no endpoint whose headers can never be sent", () => {
    const format = bodySignature({
      name: "acme",
      appId: "acme",
      signatureHeader: "X-Acme-Signature",
      timestampHeader: "X-Acme-Time",
      template: "{timestamp}.{body}",
    });
    const inContent = bodySignature({
      name: "needs",
      appId: "needs",
      signatureHeader: "X-Needs",
      template: "{body}",
      idField: "id",
      acknowledgeWeakness: true,
    });
    const check =
      (headers: Record<string, string>, more: Partial<WebhookEndpoint> = {}) =>
      () =>
        new WebhookClient({ scheme }).checkEndpoint({
          url: "https://example.com/hooks",
          secrets: [SECRET],
          headers,
          ...more,
        });
    for (const name of ["webhook-id", "Webhook-Signature", "WEBHOOK-TIMESTAMP"])
      expect(check({ [name]: "mine" })).toThrow(
        `headers.${name.toLowerCase()}: cannot be a header`,
      );
    expect(check({ "X-HTTP-Method-Override": "DELETE" })).toThrow(ConfigurationError);
    expect(check({ "x-a": 7 } as never)).toThrow("headers.x-a: cannot be a header");
    const acme = { scheme: format, secrets: ["a secret, of thirty-two bytes or so"] };
    expect(check({ "x-acme-time": "1" }, acme)).toThrow("headers.x-acme-time: cannot be a header");
    expect(check({ "webhook-id": "mine", "X-Token": "abc" }, acme)).not.toThrow();
    expect(check({ "X-Token": "abc", authorization: "Bearer a" })).not.toThrow();
    expect(check({ "X-Token": "abc" }, { ...acme, scheme: inContent })).not.toThrow();
  });

  it("sends what an endpoint wants beside, and nothing that the message says itself", async () => {
    await send({ ...lenient, url: receiver.url, headers: { "X-Token": "abc" } });
    expect(receiver.received[0]?.headers["x-token"]).toBe("abc");
    for (const headers of [
      { Host: "a" },
      { "content-type": "a" },
      { "x-a": "a\r\nb: c" },
      { "a b": "" },
      { "webhook-id": "mine" },
      { "Webhook-Signature": "v1,mine" },
    ] as Record<string, string>[])
      expect((await send({ ...lenient, url: receiver.url, headers })).problem).toMatch(
        /^It cannot be signed: headers\./,
      );
    expect(receiver.received).toHaveLength(1);
  });

  it("says that it cannot be signed, without the secret", async () => {
    for (const secrets of [["whsec_short"], [], [SECRET, "lk1_nonsense"]]) {
      const { problem } = await send({ ...lenient, url: receiver.url, secrets });
      expect(problem).toMatch(/^It cannot be signed: /);
      expect(problem).not.toMatch(/short|nonsense/);
    }
    const client = new WebhookClient({ scheme, allowHttp: true, allowedNetworks: ["127.0.0.1"] });
    const endpoint = { url: receiver.url, secrets: [SECRET] };
    const { problem } = await client.attempt(endpoint, { ...message, id: "evt.1" });
    expect(problem).toContain("It cannot be signed: nonce-malformed");
    expect(receiver.received).toEqual([]);
  });

  it("believes no certificate that the name of the URL does not have", async () => {
    const server = createTlsServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const lookup: LookupFunction = (_name, _options, done) =>
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    const tried = await send({ ...lenient, lookup, url: `https://hooks.example:${port}/` });
    expect(tried.problem).toMatch(/^The connection failed: /);
    server.close();
  });
});

describe("the next attempt", () => {
  const wait = (attempts: number, retryAfter?: string, random = 0.5) =>
    nextWaitMs(
      STANDARD_RETRY_PLAN[attempts - 1],
      retryAfter,
      Date.parse("2026-03-01T00:00:00Z"),
      random,
    );

  it("comes when Standard Webhooks says, and not at the same moment for all", () => {
    // The specification: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h after each.
    const waits = Array.from({ length: 9 }, (_, i) => (wait(i + 1) ?? 0) / 1000);
    const hours = (...all: number[]) => all.map((hour) => hour * 3600);
    expect(waits).toEqual([5, 300, 1800, ...hours(2, 5, 10, 14, 20, 24)]);
    expect(wait(10)).toBeUndefined();
    expect([wait(1, undefined, 0), wait(1, undefined, 1)]).toEqual([4000, 6000]);
  });

  it("does not come before the receiver wants it, within a day", () => {
    expect(wait(1, "120")).toBe(120_000);
    expect(wait(1, "Sun, 01 Mar 2026 00:10:00 GMT")).toBe(600_000);
    expect(wait(3, "1")).toBe(1_800_000);
    expect(wait(1, "99999999")).toBe(86_400_000);
    for (const odd of ["-5", "soon", "1e9", "Sun, 01 Mar 2020 00:10:00 GMT"])
      expect(wait(1, odd)).toBe(5000);
  });

  it("comes later each time by a plan that is made so", () => {
    const plan = exponentialPlan({ retries: 4, firstSeconds: 10, factor: 6, mostSeconds: 900 });
    expect(plan).toEqual([10, 60, 360, 900]);
  });
});
