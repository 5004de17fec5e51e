import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type DynamicModule, type INestApplication, Logger } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { PLATFORMS } from "../support/app.js";
import { send } from "../support/wire.js";
import { portOf, Workshop } from "./workshop.js";

const PAGE = "docs/recipes/first-contact.md";
/** After a start a memory store refuses what is older than that. */
const FENCE_MS = 6_000;
const HOST = "api.example.com";
const KEYS = {
  META_APP_SECRET: "614fc3afb7a0f0b7b8a4d1d0a3b1c2d3",
  META_VERIFY_TOKEN: "a word of ours",
  DROPBOX_SECRET: "a-secret-of-dropbox-0123456789abcdef",
  X_SECRET: "a-consumer-secret-of-x-0123456789abcdef",
};
const hmac = (key: string, text: string, encoding: "hex" | "base64" = "hex"): string =>
  createHmac("sha256", key).update(text).digest(encoding);

let aheadMs = 0;
const now = Date.now.bind(Date);
beforeAll(() => void jest.spyOn(Date, "now").mockImplementation(() => now() + aheadMs));
afterAll(() => void jest.restoreAllMocks());

describe.each(PLATFORMS)("docs/recipes/first-contact.md on %s", (platform) => {
  const workshop = new Workshop(PAGE);
  let app: INestApplication;
  let names: { work: unknown[]; secrets: Map<string, string>; expected: Set<string> };
  beforeAll(async () => {
    Logger.overrideLogger(false);
    Object.assign(process.env, KEYS);
    const all = await workshop.run("contact.module.ts");
    names = all as never;
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
    app = await NestFactory.create(all.ContactModule as DynamicModule, adapter, { logger: false });
    await app.listen(0, "127.0.0.1");
    aheadMs += FENCE_MS;
  });
  afterAll(async () => {
    await app.close();
    workshop.close();
  });

  const ask = (method: string, target: string, headers: Record<string, string> = {}, body = "") =>
    send(portOf(app), {
      method,
      target,
      headers: [["Host", HOST], ...Object.entries(headers)],
      ...(method === "POST" && { body: Buffer.from(body) }),
    });
  const deliver = (target: string, header: string, signature: string, body: string) =>
    ask("POST", target, { "Content-Type": "application/json", [header]: signature }, body);

  it("keeps the secret of Asana while one is expected, and takes messages at once", async () => {
    const secret = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
    const contact = () => ask("POST", "/hooks/website/asana", { "X-Hook-Secret": secret }, "{}");
    const body = '{"events":[{}]}';
    const message = () =>
      deliver("/hooks/website/asana", "X-Hook-Signature", hmac(secret, body), body);
    expect([(await contact()).status, (await message()).status]).toEqual([401, 401]);
    names.expected.add("website");
    const answer = await contact();
    expect([answer.status, answer.headers.get("x-hook-secret")]).toEqual([200, secret]);
    expect((await message()).status).toBe(204);
    expect((await contact()).status).toBe(401);
    expect(names.secrets.get("website")).toBe(secret);
    names.expected.add("website");
    await ask("POST", "/hooks/website/asana", { "X-Hook-Secret": secret, "X-Hook-Signature": "" });
    expect(names.expected.has("website")).toBe(true);
  });

  it("answers the GETs of Meta, Dropbox and X, and takes their messages", async () => {
    const token = encodeURIComponent(KEYS.META_VERIFY_TOKEN);
    const query = (word: string) =>
      `hub.mode=subscribe&hub.challenge=1158&hub.verify_token=${word}`;
    expect((await ask("GET", `/hooks/meta?${query(token)}`)).body).toBe("1158");
    expect((await ask("GET", `/hooks/meta?${query("other")}`)).status).toBe(401);
    expect((await ask("GET", "/hooks/dropbox?challenge=abc")).body).toBe("abc");
    expect((await ask("GET", "/hooks/dropbox?challenge=%3Cb%3E")).status).toBe(404);
    const crc = await ask("GET", "/hooks/x?crc_token=9b4507b3");
    expect(JSON.parse(crc.body)).toEqual({
      response_token: `sha256=${hmac(KEYS.X_SECRET, "9b4507b3", "base64")}`,
    });
    names.work.length = 0;
    const body = '{"object":"page"}';
    const sent = [
      deliver(
        "/hooks/meta",
        "X-Hub-Signature-256",
        `sha256=${hmac(KEYS.META_APP_SECRET, body)}`,
        body,
      ),
      deliver("/hooks/dropbox", "X-Dropbox-Signature", hmac(KEYS.DROPBOX_SECRET, body), body),
      deliver(
        "/hooks/x",
        "X-Twitter-Webhooks-Signature",
        `sha256=${hmac(KEYS.X_SECRET, body, "base64")}`,
        body,
      ),
    ];
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(names.work.length).toBe(3);
  });
});
