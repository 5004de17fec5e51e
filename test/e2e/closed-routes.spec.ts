import { afterAll, describe, expect, it } from "@jest/globals";
import { Controller, Logger, Post } from "@nestjs/common";
import { HmacProtected, type HmacModuleOptions, type HmacRouteOptions } from "@lacre/nestjs";
import { github } from "@lacre/schemes/github";
import { stripe } from "@lacre/schemes/stripe";
import { DEMO_KEY, startApp } from "../support/app.js";

/* What a start can see of routes on which no message can ever pass. */

afterAll(() => Logger.overrideLogger(false));

const KEY = "whsec_the secret of an endpoint, whole";
const demo = { appId: "demo", apiKey: DEMO_KEY };
const stripeKey = { apiKey: KEY, encoding: "text", schemes: ["stripe"] } as const;
const hub = github({ appId: "hub", acknowledgeWeakness: true });
const hubApp = { appId: "hub", apiKey: KEY, encoding: "text", schemes: ["github"] } as const;

async function warningsOf(hmac: Partial<HmacModuleOptions>, route: HmacRouteOptions) {
  const lines: string[] = [];
  const none = (): void => undefined;
  const logger = { log: none, error: none, warn: (line: unknown) => void lines.push(String(line)) };

  @Controller("hooks")
  class Hooks {
    @Post()
    @HmacProtected(route)
    take() {
      return "taken";
    }
  }
  const running = await startApp("express", { controllers: [Hooks], hmac, create: { logger } });
  await running.close();
  return lines;
}

describe("a start warns of a route that no message can pass", () => {
  it("of an app that the list lacks, or that has no key of the scheme", async () => {
    const schemes: HmacModuleOptions["schemes"] = ["lacre1", stripe({ appId: "strippe" })];
    const route = { schemes: ["stripe"] };
    const apps = [demo, { appId: "stripe", ...stripeKey }];
    expect(await warningsOf({ schemes, apps }, route)).toEqual([
      "all requests of the scheme stripe will be refused: they are of the app strippe, and apps has none of this name. Give apps one, or the scheme the appId of one that is there.",
    ]);
    expect(await warningsOf({ schemes, apps: [{ ...demo, appId: "strippe" }] }, route)).toEqual([
      'all requests of the scheme stripe will be refused: they are of the app strippe, which has no key of this scheme. Give its key schemes: ["stripe"].',
    ]);
    // What no route takes can wait; a source may have the app tomorrow; and this one is right.
    expect(await warningsOf({ schemes, apps }, { schemes: ["lacre1"] })).toEqual([]);
    const source = { find: () => undefined };
    expect(await warningsOf({ schemes, apps: source }, route)).toEqual([]);
    const right = [demo, { appId: "strippe", ...stripeKey }];
    expect(await warningsOf({ schemes, apps: right }, route)).toEqual([]);
  });

  it("of a header that the format does not sign, and of content that is streamed", async () => {
    const hmac = { schemes: ["lacre1" as const, hub], apps: [demo, hubApp] };
    const what = "a route takes the scheme github, and will refuse all its requests:";
    expect(
      await warningsOf(hmac, { schemes: ["github"], signedHeaders: ["X-GitHub-Event"] }),
    ).toEqual([
      `${what} it asks that the header x-github-event is signed, which this format does not sign. Take it out of signedHeaders.`,
    ]);
    expect(await warningsOf(hmac, { schemes: ["github"], body: "stream" })).toEqual([
      `${what} its content is streamed, and this format signs content that must be there first. Take body: "stream" away.`,
    ]);
    expect(await warningsOf(hmac, { schemes: ["github"] })).toEqual([]);
    expect(await warningsOf(hmac, { signedHeaders: ["X-A"], body: "stream" })).toEqual([]);
  });
});
