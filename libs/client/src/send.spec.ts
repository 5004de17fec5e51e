import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import axios from "axios";
import got from "got";
import supertest from "supertest";
import { Agent, request } from "undici";
import { DEMO_KEY } from "../../../test/support/app.js";
import { signAxios } from "./axios.js";
import { signFetch } from "./fetch.js";
import { signGot } from "./got.js";
import type { ClientOptions } from "./options.js";
import { signSupertest } from "./supertest.js";
import { signUndici } from "./undici.js";

const DEMO = { appId: "demo", apiKey: DEMO_KEY };

type Options = Partial<ClientOptions>;

/** Each client: posts content, and gives the status of the answer. */
const CLIENTS: Readonly<Record<string, (url: string, options?: Options) => Promise<number>>> = {
  fetch: async (url, options) =>
    (await signFetch(fetch, { ...DEMO, ...options })(url, { method: "PUT", body: "secret" }))
      .status,
  undici: async (url, options) => {
    const dispatcher = signUndici(new Agent(), { ...DEMO, ...options });
    const { statusCode, body } = await request(url, { dispatcher, method: "PUT", body: "secret" });
    await body.dump();
    await dispatcher.close();
    return statusCode;
  },
  axios: async (url, options) =>
    (
      await signAxios(axios.create({ validateStatus: null }), { ...DEMO, ...options }).put(
        url,
        "secret",
      )
    ).status,
  got: async (url, options) => {
    const call = signGot(got.extend({ throwHttpErrors: false }), { ...DEMO, ...options });
    return (await call.put(url, { body: "secret" })).statusCode;
  },
};

describe("a client whose server means it harm", () => {
  let server: Server;
  let url: string;
  let received: IncomingMessage[] = [];
  let answerHeaders: Record<string, string> = {};

  beforeAll(async () => {
    server = createServer((asked, answer) => {
      received.push(asked);
      asked.resume();
      const status = Number(/\d+/.exec(asked.url ?? "")?.[0] ?? 200);
      answer.writeHead(status, status === 200 ? {} : answerHeaders).end("ok");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    received = [];
  });

  it.each(
    Object.keys(CLIENTS).flatMap((name) =>
      ["mallory:pw@", "mallory@", ":pw@"].map((userinfo) => [name, userinfo] as const),
    ),
  )("%s does not follow a redirect to %s", async (name, userinfo) => {
    answerHeaders = { Location: url.replace("//", `//${userinfo}`) + "/pay" };
    expect(await CLIENTS[name]?.(`${url}/307`, { redirects: 3 })).toBe(307);
    expect(received.map((each) => each.url)).toEqual(["/307"]);
    answerHeaders = { Location: `${url}/pay` };
    expect(await CLIENTS[name]?.(`${url}/307`, { redirects: 3 })).toBe(200);
  });

  it("supertest ends at a redirect to a URL with credentials", async () => {
    answerHeaders = { Location: url.replace("//", "//mallory:pw@") + "/pay" };
    const sent = signSupertest(supertest.agent(url), { ...DEMO, redirects: 3 }).put("/307");
    await expect(sent.send("secret")).rejects.toThrow("must have no user name and no password");
    expect(received.map((each) => each.url)).toEqual(["/307"]);
  });

  it.each(["fetch", "undici", "axios"])(
    "%s gives the 503 to the caller that asks for a very long pause",
    async (name) => {
      for (const seconds of ["36", "1000000", "9".repeat(20), "9".repeat(400)]) {
        received = [];
        answerHeaders = { "Retry-After": seconds };
        expect(await CLIENTS[name]?.(`${url}/503`)).toBe(503);
        expect(received.length).toBe(1);
      }
    },
  );
});

describe("what signs already", () => {
  it("is not signed again", () => {
    const refusal = "must be an instance that does not sign yet.";
    expect(() => signUndici(signUndici(new Agent(), DEMO), DEMO)).toThrow(`dispatcher: ${refusal}`);
    const signedGot = signGot(got, DEMO);
    expect(() => signGot(signedGot, DEMO)).toThrow(`got: ${refusal}`);
    expect(() => signGot(signedGot.extend({ prefixUrl: "http://x" }), DEMO)).toThrow("got: must");
    expect(() => signGot(got, DEMO)).not.toThrow();
    const agent = signSupertest(supertest.agent("http://127.0.0.1:9"), DEMO);
    expect(() => signSupertest(agent, DEMO)).toThrow(`supertest: ${refusal}`);
    expect(() => signSupertest(agent.get("/"), DEMO)).toThrow(`supertest: ${refusal}`);
  });
});
