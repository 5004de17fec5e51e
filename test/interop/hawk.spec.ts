import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Body, Controller } from "@nestjs/common";
import theirs, { type Artifacts, type Credentials } from "hawk";
import { Signer } from "@lacre/core";
import { hawk, type HawkOptions } from "@lacre/schemes/hawk";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { startBare, type BareServer } from "../support/bare-server.js";

/*
 * Against hawk 9.0, by whom the format was made: its client with our server, our client with its server.
 */

const ID = "orders";
const KEYS = {
  sha256: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn",
  sha1: "2983d45yun89q2983d45yun89q2983d45yun89q",
};
const credentialsFor = (algorithm: "sha1" | "sha256" = "sha256"): Credentials => ({
  id: ID,
  key: KEYS[algorithm],
  algorithm,
});
const apps = [
  {
    appId: ID,
    keys: (["sha256", "sha1"] as const).map((algorithm) => ({
      apiKey: KEYS[algorithm],
      encoding: "text" as const,
      algorithm,
      schemes: ["hawk"],
    })),
  },
];
const OPTIONS: HawkOptions = { sha1: true, presigned: 3600, acknowledgeWeakness: true };

interface Sent {
  readonly method: string;
  readonly target: string;
  readonly payload?: string;
  readonly contentType?: string;
  readonly ext?: string;
  readonly app?: string;
  readonly dlg?: string;
  readonly algorithm?: "sha1" | "sha256";
  readonly timestamp?: number;
  /** What is sent in place of the payload. */
  readonly sentPayload?: string;
}

interface Exchanged {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;
  readonly artifacts: Artifacts;
  /** For sending the very same again. */
  readonly header: string;
}

/** Signs with their client and sends with fetch. */
async function exchange(url: string, request: Sent, header?: string): Promise<Exchanged> {
  const { method, target, algorithm, sentPayload, ...options } = request;
  const credentials = credentialsFor(algorithm);
  const signed = theirs.client.header(url + target, method, { credentials, ...options });
  const headers: Record<string, string> = { Authorization: header ?? signed.header };
  if (options.contentType !== undefined) headers["Content-Type"] = options.contentType;
  const body = sentPayload ?? options.payload;
  const response = await fetch(url + target, {
    method,
    headers,
    ...(body !== undefined && body !== "" && { body }),
  });
  return {
    status: response.status,
    text: await response.text(),
    headers: Object.fromEntries(response.headers),
    artifacts: signed.artifacts,
    header: signed.header,
  };
}

const JSON_POST: Sent = {
  method: "POST",
  target: "/orders",
  payload: '{"n":"é"}',
  contentType: "application/json; charset=utf-8",
};
const TAKEN: Sent[] = [
  { method: "GET", target: "/orders?b=1&a=%C3%A9+" },
  { method: "GET", target: "/orders", ext: "some data" },
  { method: "DELETE", target: "/orders", app: "my-app" },
  { method: "DELETE", target: "/orders", app: "my-app", dlg: "other", ext: "x" },
  { method: "POST", target: "/orders", payload: "", contentType: "text/plain" },
  { ...JSON_POST, algorithm: "sha1" },
  { ...JSON_POST, method: "PUT" },
  { ...JSON_POST, payload: "a=1", contentType: "application/x-www-form-urlencoded" },
];

/** What their client thinks of an answer. */
const check = ({ headers, text, artifacts }: Exchanged, algorithm?: "sha1" | "sha256") =>
  theirs.client.authenticate({ headers }, credentialsFor(algorithm), artifacts, {
    payload: text,
    required: true,
  });

@Controller("orders")
class OrdersController {
  @All()
  @HmacProtected({ schemes: ["hawk"], presigned: 3600 })
  orders(@HmacPrincipal("appId") appId: string, @Body() body: unknown) {
    return { appId, body: body ?? null };
  }
}

describe.each(PLATFORMS)("its client, our app on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { schemes: [hawk(OPTIONS)], apps, signResponses: true },
    });
  });
  afterAll(() => server.close());

  it.each(TAKEN)("takes %j, and answers so that it is believed", async (request) => {
    const exchanged = await exchange(server.url, request);
    const { appId } = JSON.parse(exchanged.text) as { appId: string };
    expect([exchanged.status, appId]).toEqual([200, ID]);
    check(exchanged, request.algorithm);
    const changed = { ...exchanged, text: `${exchanged.text} ` };
    expect(() => check(changed, request.algorithm)).toThrow("Bad response payload mac");
  });

  it("takes its bewits", async () => {
    const options = { credentials: credentialsFor(), ttlSec: 60 };
    const bewit = theirs.uri.getBewit(`${server.url}/orders?a=1`, options);
    const statusOf = async (query: string, init?: RequestInit): Promise<number> =>
      (await fetch(`${server.url}/orders?${query}`, init)).status;
    expect([
      await statusOf(`a=1&bewit=${bewit}`),
      await statusOf(`bewit=${bewit}&a=1`, { method: "HEAD" }),
      await statusOf(`a=2&bewit=${bewit}`),
      await statusOf(`a=1&bewit=${bewit}`, { method: "DELETE" }),
    ]).toEqual([200, 200, 401, 401]);
  });

  it.each<[Sent, string]>([
    [{ ...JSON_POST, sentPayload: '{"n":"e"}' }, "content-mismatch"],
    [{ method: "POST", target: "/orders", sentPayload: "added" }, "content-undigested"],
    [{ ...JSON_POST, payload: "", sentPayload: "added" }, "content-mismatch"],
    [{ ...JSON_POST, timestamp: Math.floor(Date.now() / 1000) - 90 }, "timestamp-too-old"],
    [{ ...JSON_POST, timestamp: Math.floor(Date.now() / 1000) + 90 }, "timestamp-too-new"],
    // Its own server takes this one, by whatever clock.
    [{ ...JSON_POST, timestamp: "abc" as unknown as number }, "timestamp-malformed"],
  ])("refuses %j: %s", async (request, code) => {
    expect((await exchange(server.url, request)).status).toBe(401);
    expect(server.lastCode()).toBe(code);
  });

  it("refuses what was sent before", async () => {
    const { status, header } = await exchange(server.url, JSON_POST);
    expect(status).toBe(200);
    const again = await exchange(server.url, JSON_POST, header);
    expect([again.status, server.lastCode()]).toEqual([401, "nonce-seen"]);
  });
});

describe("its client, and our answers", () => {
  let server: BareServer;
  beforeAll(async () => {
    const answer = (content: Buffer) => ({
      type: "Application/JSON; charset=utf-8",
      bytes: content,
    });
    server = await startBare({
      schemes: [hawk(OPTIONS)],
      apps,
      answer,
      route: { presignedSeconds: 3600 },
    });
  });
  afterAll(() => server.close());
  afterEach(() => void (server.clock.ms = Date.now()));

  it.each(TAKEN)("believes the answer to %j", async (request) => {
    const exchanged = await exchange(server.url, request);
    expect(exchanged.status).toBe(200);
    check(exchanged, request.algorithm);
    expect(() => check({ ...exchanged, text: `${exchanged.text} ` }, request.algorithm)).toThrow(
      "Bad response payload mac",
    );
    const other = { ...exchanged.artifacts, nonce: "another" };
    expect(() => check({ ...exchanged, artifacts: other }, request.algorithm)).toThrow(
      "Bad response mac",
    );
  });

  it("is told the time where only that was wrong", async () => {
    server.clock.advance(1000);
    const exchanged = await exchange(server.url, JSON_POST);
    expect([exchanged.status, server.verdicts.at(-1)]).toEqual([401, "timestamp-too-old"]);
    const told = check(exchanged).headers["www-authenticate"];
    expect(told).toMatchObject({
      ts: String(Math.floor(server.clock.ms / 1000)),
      error: "Stale timestamp",
    });
    // With that time it gets in.
    expect((await exchange(server.url, { ...JSON_POST, timestamp: Number(told?.ts) })).status).toBe(
      200,
    );
  });

  it("is told nothing else, and nothing to others", async () => {
    server.clock.advance(1000);
    const { header } = await exchange(server.url, JSON_POST);
    const forged = header.replace(/mac="./, (text) => (text.endsWith("A") ? 'mac="B' : 'mac="A'));
    const refused = await exchange(server.url, JSON_POST, forged);
    expect([refused.status, server.verdicts.at(-1)]).toEqual([401, "signature-mismatch"]);
    expect(refused.headers["www-authenticate"]).toBe('Hawk error="Unauthorized"');
    // Signed, but so that nobody can check it.
    expect(() => check(refused)).toThrow("Bad response mac");
  });

  it("makes bewits that are good for GET and HEAD until their end", async () => {
    for (const target of ["/orders", "/orders?", "/orders?a=1&b=%C3%A9"]) {
      const options = { credentials: credentialsFor(), ttlSec: 60, ext: "x" };
      const bewit = theirs.uri.getBewit(server.url + target, options);
      const url = `${server.url}${target}${target.includes("?") ? "&" : "?"}bewit=${bewit}`;
      const statuses = async (...methods: string[]): Promise<number[]> =>
        Promise.all(methods.map(async (method) => (await fetch(url, { method })).status));
      expect([target, ...(await statuses("GET", "GET", "HEAD", "POST"))]).toEqual([
        target,
        200,
        200,
        200,
        401,
      ]);
      const changed = await fetch(url.replace("/orders", "/others"));
      expect([changed.status, server.verdicts.at(-1)]).toEqual([401, "signature-mismatch"]);
      server.clock.advance(61);
      expect(await statuses("GET")).toEqual([401]);
      expect(server.verdicts.at(-1)).toBe("timestamp-too-old");
      server.clock.ms = Date.now();
    }
  });
});

describe("our signer, its server", () => {
  let server: Server;
  let url: string;
  let answer: { ext?: string; spoil?: boolean } = {};
  const seen = new Set<string>();
  const find = async (id: string): Promise<Credentials | null> =>
    id === ID ? credentialsFor() : null;

  async function contentIn(request: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  beforeAll(async () => {
    server = createServer((request, response) => {
      void (async () => {
        const payload = await contentIn(request);
        const contentType = "text/plain; charset=utf-8";
        response.setHeader("Content-Type", contentType);
        try {
          if (request.url?.includes("bewit=") === true) {
            await theirs.uri.authenticate(request, find);
            return void response.end("by bewit");
          }
          const { credentials, artifacts } = await theirs.server.authenticate(request, find, {
            ...(request.method !== "GET" && { payload: payload.toString("utf8") }),
            nonceFunc: async (_key, nonce) => {
              if (seen.has(nonce)) throw new Error("seen");
              seen.add(nonce);
            },
          });
          const text = `you sent ${payload.toString("utf8")}`;
          const options = { payload: text, contentType, ...(answer.ext && { ext: answer.ext }) };
          const field = theirs.server.header(credentials, artifacts, options);
          response.setHeader("Server-Authorization", field);
          response.end(answer.spoil === true ? `${text} ` : text);
        } catch (error) {
          response.statusCode = 401;
          response.end((error as Error).message);
        }
      })();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    answer = {};
    clock.ms = Date.now();
  });

  const clock = new TestClock();
  const signer = new Signer({ appId: ID, apiKey: KEYS.sha256, scheme: hawk(OPTIONS), clock });

  async function send(method: string, target: string, body?: string) {
    const headers: [string, string][] = body === undefined ? [] : [["Content-Type", "text/plain"]];
    const signed = signer.sign({
      method,
      url: url + target,
      headers,
      ...(body !== undefined && { content: Buffer.from(body) }),
    });
    const response = await fetch(url + target, {
      method,
      headers: [...headers, ...signed.headers] as [string, string][],
      ...(body !== undefined && { body }),
    });
    const content = Buffer.from(await response.arrayBuffer());
    const received = { method, status: response.status, headers: response.headers, content };
    return { signed, received, text: content.toString() };
  }

  it.each([
    ["GET", "/orders?a=1&b=%C3%A9", undefined],
    ["DELETE", "/orders", undefined],
    ["POST", "/orders", "a note: é"],
    ["POST", "/orders", undefined],
  ])("%s %s %s is taken, and its answer believed", async (method, target, body) => {
    for (const ext of [undefined, "server-data"]) {
      answer = ext === undefined ? {} : { ext };
      const { signed, received, text } = await send(method, target, body);
      expect([received.status, text]).toEqual([200, `you sent ${body ?? ""}`]);
      await signer.check(signed, received);
    }
  });

  it("an answer that was changed, or made for another request, is not believed", async () => {
    answer = { spoil: true };
    const spoilt = await send("GET", "/orders");
    await expect(signer.check(spoilt.signed, spoilt.received)).rejects.toMatchObject({
      fault: "content-mismatch",
    });
    answer = {};
    const one = await send("GET", "/orders");
    const two = await send("GET", "/orders");
    await expect(signer.check(one.signed, two.received)).rejects.toMatchObject({
      fault: "signature-mismatch",
    });
  });

  it("is refused with a wrong clock", async () => {
    clock.advance(-100);
    expect((await send("GET", "/orders")).text).toBe("Stale timestamp");
  });

  it.each(["/orders", "/orders?a=1&b=2", "/orders?"])("a bewit for %s is taken", async (target) => {
    const presigned = signer.presign({ url, target, expiresSeconds: 60 });
    const get = async (address: string): Promise<string> => (await fetch(address)).text();
    expect(await get(presigned.url)).toBe("by bewit");
    expect(await get(presigned.url.replace("orders", "others"))).toBe("Bad mac");
    clock.advance(-100);
    const old = signer.presign({ url, target, expiresSeconds: 60 });
    expect(await get(old.url)).toBe("Access expired");
  });
});
