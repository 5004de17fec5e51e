import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Logger, type INestApplication } from "@nestjs/common";
import { send } from "../support/wire.js";
import { freePort, portOf, Workshop } from "./workshop.js";

/** What the page shows for two senders that no preset names, held against messages as those senders make them. */
const PAGE = "docs/schemes/body-signature.md";
const GHOST = "a secret of Ghost, thirty-two bytes";
const TRELLO = "a secret of Trello, of 32 hex or so";
const FENCE_MS = 6_000;

describe(PAGE, () => {
  let workshop: Workshop;
  let app: INestApplication;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    Object.assign(process.env, { GHOST_SECRET: GHOST, TRELLO_SECRET: TRELLO });
    workshop = new Workshop("docs/schemes/body-signature.md", { "3000": String(await freePort()) });
    ({ app } = (await workshop.run("server.ts")) as { app: INestApplication });
    jest.useFakeTimers({ doNotFake: [...REAL], now: Date.now() + FENCE_MS });
  });
  afterAll(async () => {
    jest.useRealTimers();
    await app.close();
    workshop.close();
  });

  const post = async (path: string, header: [string, string], body: string): Promise<unknown> => {
    const answer = await send(portOf(app), {
      method: "POST",
      target: `/hooks/${path}`,
      headers: [["Host", "hooks.example.com"], ["Content-Type", "application/json"], header],
      body: Buffer.from(body),
    });
    return answer.status === 201 ? JSON.parse(answer.body) : answer.status;
  };

  it("takes what Ghost sends, once, and nothing that was changed", async () => {
    const body = '{"post":{"current":{"id":"63e1"}}}';
    const sign = (ms: string, text = body): [string, string] => [
      "X-Ghost-Signature",
      `sha256=${createHmac("sha256", GHOST)
        .update(text + ms)
        .digest("hex")}, t=${ms}`,
    ];
    const now = String(Date.now());
    expect(await post("ghost", sign(now), body.replace("63e1", "63e2"))).toBe(401);
    expect(await post("ghost", sign(now), body)).toEqual({ post: "63e1" });
    expect(await post("ghost", sign(now), body)).toBe(401);
    expect(await post("ghost", sign(String(Date.now() - 301_000)), body)).toBe(401);
    expect(await post("trello", sign(now), body)).toBe(401);
  });

  it("takes what Trello sends, and from its own URL alone", async () => {
    const body = '{"action":{"type":"updateCard"}}';
    const sign = (url: string): [string, string] => [
      "X-Trello-Webhook",
      createHmac("sha1", TRELLO)
        .update(body + url)
        .digest("base64"),
    ];
    const head = await send(portOf(app), {
      method: "HEAD",
      target: "/hooks/trello",
      headers: [["Host", "hooks.example.com"]],
    });
    expect(head.status).toBe(200); // without it Trello registers nothing
    expect(await post("trello", sign("https://hooks.example.com/hooks/ghost"), body)).toBe(401);
    expect(await post("trello", sign("http://hooks.example.com/hooks/trello"), body)).toBe(401);
    const right = sign("https://hooks.example.com/hooks/trello");
    expect(await post("trello", right, body)).toEqual({ action: "updateCard" });
    expect(await post("trello", right, body)).toBe(401);
  });
});

/** Every timer but the date is real. */
const REAL = [
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
] as const;
