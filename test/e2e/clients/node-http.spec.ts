/* node:http and node:https with a Signer, as docs/clients.md shows under "Any other library". */
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Signer } from "@lacre/client/signer";
import { DEMO_KEY } from "../../support/app.js";
import { SigningServer } from "../../support/signing-server.js";

const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY });

/** A shared key in place of a certificate. */
const PSK = { maxVersion: "TLSv1.2", ciphers: "PSK-AES128-GCM-SHA256" } as const;
const psk = Buffer.alloc(16, 1);
const ONE = { keepAlive: true, maxSockets: 1 };

const ROUTES = {
  http: { library: http, agent: () => new http.Agent(ONE), server: {} },
  https: {
    library: https,
    agent: () =>
      new https.Agent({
        ...{ ...ONE, ...PSK },
        pskCallback: () => ({ psk, identity: "test" }),
        checkServerIdentity: () => undefined,
      }),
    server: {
      protocol: "https",
      create: (listener: http.RequestListener) =>
        https.createServer({ ...PSK, pskCallback: () => psk }, listener),
    },
  },
};

describe.each(["http", "https"] as const)("node:%s over one connection that stays open", (name) => {
  const { library, server: options, agent: makeAgent } = ROUTES[name];
  let server: SigningServer;
  let agent: http.Agent;
  beforeAll(async () => {
    server = await SigningServer.start(options as object);
    agent = makeAgent();
  });
  afterAll(async () => {
    agent.destroy();
    await server.close();
  });
  beforeEach(() => server.reset());

  interface ToSend {
    readonly method?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly content?: string;
  }
  const sign = (url: string, { method = "GET", headers = [], content }: ToSend = {}) =>
    signer.sign({
      method,
      url,
      headers,
      ...(content !== undefined && { content: Buffer.from(content) }),
    });

  /** What the server answers. */
  async function transmit(
    url: string,
    ready: ReturnType<Signer["sign"]>,
    { method = "GET", headers = [], content }: ToSend = {},
  ) {
    const all = Object.fromEntries([...headers, ...ready.headers]);
    const outgoing = library.request(url, { method, agent, headers: all });
    const [answer] = (await once(outgoing.end(content), "response")) as [http.IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
    const { rawHeaders, statusCode: status = 0 } = answer;
    const lines = rawHeaders.flatMap((line, i): [string, string][] =>
      i % 2 === 0 ? [[line, rawHeaders[i + 1] ?? ""]] : [],
    );
    return { method, status, headers: lines, content: Buffer.concat(parts) };
  }

  const statusOf = async (url: string, given: ToSend = {}) => {
    const ready = sign(url, given);
    const answer = await transmit(url, ready, given);
    await signer.check(ready, answer);
    return answer.status;
  };

  it("sends what was signed, and gets the answer to it", async () => {
    for (const target of [
      "/a",
      "/a?",
      "/a b?x=é&y='#part",
      "/a/../b",
      "/%7e%2f",
      "//x",
      "?q=[1]",
    ]) {
      const url = `${server.url}${target}`;
      expect([target, await statusOf(url)]).toEqual([target, 200]);
    }
    const json = { method: "POST", headers: [["Content-Type", "application/json"]] } as const;
    for (const given of [{ ...json, content: '{"item":"té"}' }, { method: "DELETE" }, json])
      expect(await statusOf(server.url, given)).toBe(200);
    expect(new Set(server.received.map(({ clientPort }) => clientPort)).size).toBe(1);
    expect(new Set(server.nonces).size).toBe(server.received.length);
  });

  it("is refused where something else is sent, or the same twice", async () => {
    const content = '{"item":"tea"}';
    const given = {
      method: "POST",
      headers: [["Content-Type", "application/json"]],
      content,
    } as const;
    const ready = sign(server.url, given);
    const others = [
      transmit(server.url, ready, { ...given, content: content.replace("tea", "tee") }),
      transmit(`${server.url}/x`, ready, given),
      transmit(server.url, ready, { ...given, method: "PUT" }),
    ];
    for (const other of others) expect((await other).status).toBe(401);
    expect((await transmit(server.url, ready, given)).status).toBe(200);
    expect((await transmit(server.url, ready, given)).status).toBe(401);
    expect(server.received.map(({ code }) => code)).toEqual([
      ...["content-mismatch", "signature-mismatch", "signature-mismatch", undefined, "nonce-seen"],
    ]);
  });
});
