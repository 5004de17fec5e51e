import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, LookupFunction } from "node:net";
import { Webhook } from "standardwebhooks";
import { isPublicAddress } from "../../apps/console/src/webhooks/sending/address-rule.js";
import { nextWaitMs } from "../../apps/console/src/webhooks/sending/retry-plan.js";
import { readTarget } from "../../apps/console/src/webhooks/sending/target-rule.js";
import { tryMessage, type TryTerms } from "../../apps/console/src/webhooks/sending/try-message.js";
import { Receiver } from "./support/receiver.js";

const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;
const SECRET = newSecret();
const OTHER = newSecret();
const message = { id: "evt_1", content: Buffer.from('{"type":"t","data":{"name":"Šárka"}}') };
const strict = { secrets: [SECRET], allowPrivate: false } as const;
const NOWHERE = "The host of the URL has no address that is public.";
const lenient = { secrets: [SECRET], allowPrivate: true } as const;

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (_request, response) => response.writeHead(204).end();
});
afterAll(() => receiver.close());
const send = (terms: Omit<TryTerms, "nowMs">) =>
  tryMessage(message, { nowMs: Date.now(), ...terms });

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
    expect(() => readTarget(url, strict)).toThrow(/^The (?:URL|address) /);
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
      outcome: "failed",
      problem: NOWHERE,
      detail: "rebinding.example is 127.0.0.1: not public",
    });
    expect([lookups, receiver.received]).toEqual([["rebinding.example"], []]);
  });

  it("connects to the very address that was judged, however the name changes", async () => {
    const answers = [["203.0.113.7"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], []];
    const problems: string[] = [];
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
      problems.push(tried.outcome === "failed" ? tried.problem : "sent");
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
    expect(tried).toMatchObject(tried.map(() => ({ outcome: "failed", problem: NOWHERE })));
    expect(receiver.received).toEqual([]);
  });

  it("follows no redirect, wherever it leads", async () => {
    let again = 0;
    receiver.answer = (_request, response) => {
      again += 1;
      response.writeHead(307, { location: "http://169.254.169.254/latest/meta-data" }).end();
    };
    expect(await send({ ...lenient, url: receiver.url })).toEqual({
      outcome: "answered",
      status: 307,
    });
    expect(again).toBe(1);
  });
});

describe("a try", () => {
  it("is signed as others understand it, by each secret", async () => {
    const terms = { allowPrivate: true, url: receiver.url, secrets: [SECRET, OTHER] };
    expect(await send(terms)).toEqual({ outcome: "answered", status: 204 });
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
    const failed = { outcome: "failed", problem: "There was no answer in time." };
    for (const [first, expected] of [
      ["HTTP/1.1 200 OK\r\nx-slow: ", failed],
      ["HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", { outcome: "answered", status: 200 }],
    ] as const) {
      const [url, close] = await drip(first);
      expect(await send({ ...lenient, url, timeoutMs: 200 })).toEqual(expected);
      close();
    }
    receiver.answer = () => undefined;
    expect(await send({ ...lenient, url: receiver.url, timeoutMs: 100 })).toEqual(failed);
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
    expect(await send({ ...lenient, url: receiver.url })).toEqual({
      outcome: "answered",
      status: 500,
    });
    await ended;
    expect(written).toBeLessThan(33_554_432);
  });

  it("says what failed, and nothing else, where nobody is there", async () => {
    const closed = await Receiver.start();
    const { url } = closed;
    await closed.close();
    expect(await send({ ...lenient, url })).toEqual({
      outcome: "failed",
      problem: "The connection failed: ECONNREFUSED",
    });
  });
});

describe("the next try", () => {
  const wait = (tries: number, retryAfter?: string, random = 0.5) =>
    nextWaitMs(tries, retryAfter, Date.parse("2026-03-01T00:00:00Z"), random);

  it("comes later each time, for about three days, and not at the same moment for all", () => {
    const waits = Array.from({ length: 10 }, (_, i) => wait(i + 1) ?? 0);
    expect(waits.slice(0, 4)).toEqual([5000, 60_000, 300_000, 1_800_000]);
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
    expect(waits.reduce((a, b) => a + b) / 86_400_000).toBeCloseTo(3.15, 1);
    expect(wait(11)).toBeUndefined();
    expect([wait(1, undefined, 0), wait(1, undefined, 1)]).toEqual([4000, 6000]);
  });

  it("does not come before the receiver wants it, within a day", () => {
    expect(wait(1, "120")).toBe(120_000);
    expect(wait(1, "Sun, 01 Mar 2026 00:10:00 GMT")).toBe(600_000);
    expect(wait(4, "1")).toBe(1_800_000);
    expect(wait(1, "99999999")).toBe(86_400_000);
    for (const odd of ["-5", "soon", "1e9", "Sun, 01 Mar 2020 00:10:00 GMT"])
      expect(wait(1, odd)).toBe(5000);
  });
});
