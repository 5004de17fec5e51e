import { once } from "node:events";
import {
  createServer,
  request as requestPlain,
  IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from "node:http";
import { createServer as createTlsServer, request as requestTls } from "node:https";
import { Socket, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { MemoryNonceStore, Signer, type NonceStore } from "@lacre/core";
import { createGate, type ServerGate } from "./server-gate.js";
import type { GateOptions } from "./gate-options.js";
import type { RouteOptions } from "./route-options.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const LOG = { warn: () => undefined };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const gateWith = (options: Partial<GateOptions> = {}): ServerGate =>
  createGate({ apps: { demo: KEY }, origins: "*", bootFence: false, ...options }, LOG);

/** The status of a signed request to a server behind the gate; what the handler did beside it. */
async function ask(gate: ServerGate, rule?: RouteOptions): Promise<readonly [number, string]> {
  const server = createServer((request, response) => {
    gate.middleware(rule)(request, response, (error) => {
      const { principal } = request as IncomingMessage & { principal?: { appId: string } };
      response.end(error === undefined ? principal?.appId : `error: ${String(error)}`);
    });
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
  const { headers } = new Signer({ appId: "demo", apiKey: KEY }).sign({ method: "GET", url });
  const answer = await fetch(url, { headers: headers.map(([name, value]) => [name, value]) });
  return [answer.status, await answer.text()];
}

describe("ServerGate", () => {
  it("holds requests to the rule that it is given", async () => {
    expect(await ask(gateWith())).toEqual([200, "demo"]);
    expect(await ask(gateWith(), { scopes: ["orders:write"] })).toEqual([
      403,
      '{"statusCode":403,"message":"Forbidden"}',
    ]);
  });

  it("refuses a copy of a request at once, whose content would be waited for in vain", async () => {
    const outcomes: string[] = [];
    const gate = gateWith();
    const server = createServer((request, response) => {
      gate.admit(Object.create(request) as IncomingMessage, response).then(
        () => outcomes.push("judged"),
        (error: Error) => response.end(outcomes.push(error.message) > 0 ? "refused" : ""),
      );
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const content = Buffer.from("{}");
    const { headers } = new Signer({ appId: "demo", apiKey: KEY }).sign({
      method: "POST",
      url,
      content,
    });
    const init = { method: "POST", body: content, headers: headers as [string, string][] };
    expect(await (await fetch(url, init)).text()).toBe("refused");
    expect(outcomes).toEqual([expect.stringContaining("a copy of a request")]);
  });

  it("takes no rule that wants more than the gate remembers or keeps", () => {
    const gate = gateWith({ maxAge: 60, maxBodyBytes: 1000 });
    expect(() => gate.middleware({ maxAge: 61 })).toThrow("maxAge: must be at most 60");
    expect(() => gate.hook({ maxBodyBytes: 1001 })).toThrow("maxBodyBytes: must be at most 1000");
    expect(() => gate.hook({ scope: ["x"] } as RouteOptions)).toThrow("rule: scope: is not");
    for (const rule of [{ maxAge: 60 }, { maxBodyBytes: 1000 }])
      expect(() => gate.middleware(rule)).not.toThrow();
    expect(() => gate.middleware({ maxBodyBytes: 1001, body: "stream" })).not.toThrow();
  });

  it("takes the default port of https on TLS alone, and that of http on the rest alone", async () => {
    // A shared key in place of a certificate.
    const psk = { maxVersion: "TLSv1.2", ciphers: "PSK-AES128-GCM-SHA256" } as const;
    const key = Buffer.alloc(16, 1);
    const client = {
      ...psk,
      pskCallback: () => ({ psk: key, identity: "test" }),
      checkServerIdentity: () => undefined,
    };
    const pass = gateWith().middleware();
    const handler: RequestListener = (request, response) =>
      pass(request, response, () => response.end());
    const listeners = {
      http: createServer(handler),
      https: createTlsServer({ ...psk, pskCallback: () => key }, handler),
    };
    const statusOf = async (connection: "http" | "https", url: string): Promise<unknown> => {
      const { headers } = new Signer({ appId: "demo", apiKey: KEY }).sign({ method: "GET", url });
      const { port } = listeners[connection].address() as AddressInfo;
      const { protocol, hostname } = new URL(url);
      const host = `${hostname}:${protocol === "https:" ? 443 : 80}`;
      const options = {
        host: "127.0.0.1",
        port,
        headers: { host, ...Object.fromEntries(headers) },
      };
      const request =
        connection === "http" ? requestPlain(options) : requestTls({ ...options, ...client });
      const [answer] = (await once(request.end(), "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    for (const connection of ["http", "https"] as const) {
      servers.push(listeners[connection].listen(0, "127.0.0.1"));
      await once(listeners[connection], "listening");
      const statuses = [
        await statusOf(connection, "http://a.test/"),
        await statusOf(connection, "https://a.test/"),
      ];
      expect([connection, ...statuses]).toEqual(
        connection === "http" ? ["http", 200, 401] : ["https", 401, 200],
      );
    }
  });

  it("judges what an adapter hands over without a socket", async () => {
    const request = Object.assign(new IncomingMessage(new Socket()), {
      method: "GET",
      url: "/orders",
      headers: { host: "a.test" },
      socket: undefined,
    });
    const response = new ServerResponse(request);
    const ended = new Promise((resolve) => (response.end = () => (resolve("ended"), response)));
    gateWith().middleware()(request as never, response as never, () => response.end());
    expect([await ended, response.statusCode]).toEqual(["ended", 401]); // no credentials
  });

  it("starts the nonce store before the first claim, and lets nobody in where it cannot", async () => {
    const memory = new MemoryNonceStore({ fence: false });
    const calls: string[] = [];
    const nonces = (start: () => Promise<void>): NonceStore => ({
      start: () => (calls.push("start"), start()),
      claim: (key, expiresAtMs) => (calls.push("claim"), memory.claim(key, expiresAtMs)),
    });
    expect(await ask(gateWith({ nonces: nonces(async () => undefined) }))).toEqual([200, "demo"]);
    expect(calls).toEqual(["start", "claim"]);
    const broken = gateWith({ nonces: nonces(() => Promise.reject(new Error("no store"))) });
    expect(await ask(broken)).toEqual([200, "error: Error: no store"]);
    expect(calls).toEqual(["start", "claim", "start"]);
    await expect(broken.start()).rejects.toThrow("no store");
  });
});
