import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { signFetch } from "@lacre/client";
import type { Scheme } from "@lacre/core";
import { acquia2 } from "@lacre/schemes/acquia2";
import { generateApiKey } from "@lacre/nestjs";
import { hawk } from "@lacre/schemes/hawk";
import { TestClock } from "../../support/app.js";
import { startBare, type BareServer } from "../../support/bare-server.js";

/*
 * Schemes whose answers are signed without a time: they are believed, and set no clock.
 */

interface Case {
  readonly scheme: Scheme;
  readonly encoding: "text" | "base64";
  readonly apiKey: string;
  readonly offSeconds: number;
}

const CASES: readonly Case[] = [
  {
    scheme: hawk(),
    encoding: "text",
    apiKey: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn",
    offSeconds: 100,
  },
  {
    scheme: acquia2({ realm: "Pipet service" }),
    encoding: "base64",
    apiKey: Buffer.from(generateApiKey().slice(4), "base64url").toString("base64"),
    offSeconds: 1000,
  },
];

describe.each(CASES)("signFetch by $scheme.name", ({ scheme, encoding, apiKey, offSeconds }) => {
  let server: BareServer;
  const clock = new TestClock();
  const who = { appId: "orders", apiKey, encoding };
  const call = signFetch(fetch, { ...who, scheme, clock, verifyResponses: "require", retries: 0 });
  const type = { "Content-Type": "application/octet-stream" };

  beforeAll(async () => {
    server = await startBare({
      schemes: [scheme],
      apps: [{ ...who, schemes: [scheme.name] }],
    });
  });
  afterAll(() => server.close());

  it("believes an answer to the byte", async () => {
    server.clock.ms = clock.ms = Date.now();
    const bytes = Buffer.from([0, 255, 128, 10, 13, 195, 169]);
    const answer = await call(server.url, { method: "POST", headers: type, body: bytes });
    expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([200, bytes]);
    expect((await call(server.url, { method: "HEAD" })).status).toBe(200);
    expect((await call(server.url, { method: "DELETE" })).status).toBe(200);
  });

  it("does not believe one that was changed", async () => {
    const meddling: typeof fetch = async (input, init) => {
      const { status, headers } = await fetch(input, init);
      return new Response("another", { status, headers });
    };
    const deceived = signFetch(meddling, { ...who, scheme, clock, verifyResponses: "require" });
    await expect(deceived(server.url)).rejects.toMatchObject({ name: "ResponseRefusal" });
  });

  it("hands a refusal on, and learns no time from it", async () => {
    for (let i = 0; i < 2; i++) {
      clock.advance(-offSeconds);
      server.verdicts.length = 0;
      const refused = await call(server.url);
      // No header is under these signatures, so nobody knows who set this one.
      expect([refused.status, refused.headers.get("lacre-clock")]).toEqual([401, "out-of-window"]);
      expect(server.verdicts).toEqual(["timestamp-too-old"]);
      clock.advance(offSeconds);
      expect((await call(server.url)).status).toBe(200);
    }
  });
});
