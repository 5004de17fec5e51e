import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import axios from "axios";
import got from "got";
import supertest from "supertest";
import { Agent, request } from "undici";
import { DEMO_KEY } from "../../../test/support/app.js";
import { signAxios } from "./axios.js";
import { signFetch } from "./fetch.js";
import { signGot } from "./got.js";
import { signSupertest } from "./supertest.js";
import { signUndici } from "./undici.js";

const DEMO = { appId: "demo", apiKey: DEMO_KEY, retries: 1 };
const WAIT_MS = 300;

/** Each client, in the ways in which its errors differ: sends content, and reads the answer. */
const CLIENTS: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  async fetch(url) {
    const signal = AbortSignal.timeout(WAIT_MS);
    const answer = await signFetch(fetch, DEMO)(url, { method: "PUT", body: "secret", signal });
    return answer.text();
  },
  async undici(url) {
    const dispatcher = signUndici(new Agent(), DEMO);
    const signal = AbortSignal.timeout(WAIT_MS);
    const asked = { dispatcher, method: "PUT", body: "secret", signal, throwOnError: true };
    return (await request(url, asked)).body.text();
  },
  axios: async (url) => signAxios(axios.create({ timeout: WAIT_MS }), DEMO).put(url, "secret"),
  async "axios, a stream"(url) {
    const call = signAxios(axios.create({ timeout: WAIT_MS, responseType: "stream" }), DEMO);
    const { data } = await call.put<AsyncIterable<unknown>>(url, "secret");
    for await (const part of data) void part;
  },
  "axios over fetch": async (url) =>
    signAxios(axios.create({ adapter: "fetch", timeout: WAIT_MS }), DEMO).put(url, "secret"),
  got: async (url) =>
    signGot(got, DEMO).put(url, { body: "secret", timeout: { request: WAIT_MS } }),
  async "got.stream"(url) {
    const stream = signGot(got, DEMO).stream.put(url, { body: "x", timeout: { request: WAIT_MS } });
    for await (const part of stream) void part;
  },
  supertest: async (url) =>
    signSupertest(supertest.agent(url), DEMO).put("/").timeout(WAIT_MS).send("secret").expect(299),
};

describe("the error of a client", () => {
  let server: Server;
  let url: string;
  let closedUrl: string;

  beforeAll(async () => {
    server = createServer((asked, answer) => {
      asked.resume();
      const [, way] = /(\w+)\/?$/.exec(asked.url ?? "") ?? [];
      if (way === "broken") asked.socket.destroy();
      else if (way === "cut") {
        answer.writeHead(200, { "Content-Length": "100" }).write("half");
        setTimeout(() => asked.socket.destroy(), 20);
      } else if (way !== "silent") answer.writeHead(Number(way)).end("no");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    closedUrl = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(
    Object.keys(CLIENTS).flatMap((name) =>
      ["refused", "broken", "cut", "silent", "404", "500"].map((way) => [name, way] as const),
    ),
  )("does not show the signature: %s, %s", async (name, way) => {
    const error: unknown = await CLIENTS[name]?.(
      way === "refused" ? closedUrl : `${url}/${way}`,
    ).catch((thrown: unknown) => thrown);
    const isStatus = /\d/.test(way);
    if (!(isStatus && /fetch|undici/.test(name))) expect(error).toHaveProperty("message");
    expect(inspect(error, { depth: 10 })).not.toContain("Signature=");
    expect(inspect(error, { depth: 10 })).not.toContain(DEMO_KEY);
    expect(JSON.stringify(error) ?? "").not.toContain("Signature=");
  });
});
