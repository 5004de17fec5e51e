import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type DynamicModule, type Type } from "@nestjs/common";
import { NonceStoreClockError } from "@lacre/core";
import { type NonceStore, type Observer } from "@lacre/nestjs";
import { horizonOfWindow } from "../../libs/core/src/stages/nonce-memory.js";
import { startApp, type RunningApp } from "../support/app.js";
import { OrdersController } from "../support/health-app.js";
import { send, signed } from "../support/wire.js";
import { blocksOf, read, ROOT } from "./markdown.js";
import { Workshop } from "./workshop.js";

const PATH = "docs/operations.md";
const DEFAULTS = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };

/** The first cells of the rows of the table below a heading. */
function firstCells(heading: string): string[] {
  const [, section = ""] = read(PATH).split(`\n## ${heading}\n`);
  const [table = ""] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  return table
    .split("\n")
    .slice(2, -1)
    .map((row) => row.split(" | ", 1)[0] as string);
}

const codeIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

const quotedIn = (text: string): string[] =>
  [...text.matchAll(/"([\w-]+)"/g)].map(([, word = ""]) => word);

describe(PATH, () => {
  let workshop: Workshop;
  beforeAll(() => {
    workshop = new Workshop(PATH);
  });
  afterAll(() => workshop.close());

  it("has TypeScript that compiles, and blocks of known kinds only", () => {
    const kinds = new Set(blocksOf(PATH).map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["", "ts"]));
    expect(workshop.typeErrors()).toBe("");
  });

  it("reckons with the life of a nonce as it is", () => {
    const { seconds } = horizonOfWindow(DEFAULTS);
    expect(read(PATH)).toContain(`${seconds + DEFAULTS.futureSkewSeconds} s unless set otherwise`);
  });

  it("names lines of the log, and reasons of health, that there are", () => {
    const sources = [
      "libs/core/src",
      "libs/stores/src",
      "libs/node/src",
      "libs/nestjs/src",
    ].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".spec.ts"))
        .map((file) => read(`${folder}/${file}`)),
    );
    // A text that goes on in the next line of its source is one all the same.
    const texts = sources.join("\n").replace(/" \+\s+"/g, "");
    const fragments = firstCells("The log")
      .flatMap(codeIn)
      .flatMap((line) => line.split("…"))
      .map((part) => part.trim())
      .filter((part) => part !== "" && part !== "ms");
    expect(fragments.length).toBeGreaterThan(25);
    expect(fragments.filter((part) => !texts.includes(part))).toEqual([]);

    const [, union = ""] = /type HmacHealthReason =([^;]+);/.exec(texts) ?? [];
    const reasons = firstCells("Readiness and liveness").flatMap(codeIn);
    expect(reasons.toSorted()).toEqual(quotedIn(union).toSorted());
  });

  it("gives a Redis user the rights that are tested", () => {
    const [, rights = ""] = /^ACL SETUSER .* -@all (.*)$/m.exec(read(PATH)) ?? [];
    const [, tested = ""] =
      /const NEEDED = \[(.*)\];/.exec(read("test/contract/redis.systems.ts")) ?? [];
    expect(rights.split(" ")).toEqual(quotedIn(tested).map((right) => `+${right}`));
  });
});

describe(`${PATH}, what it shows`, () => {
  const counted: [name: string, labels: object][] = [];
  const measured: [name: string, labels: object][] = [];
  let failure: Error | undefined;
  let workshop: Workshop;
  let server: RunningApp;
  const nonces: NonceStore = {
    claim: () => {
      if (failure !== undefined) throw failure;
      return "fresh";
    },
  };

  beforeAll(async () => {
    workshop = new Workshop(PATH);
    const { HealthModule } = (await workshop.run("health.controller.ts")) as {
      HealthModule: Type;
    };
    const { FleetObserver } = (await workshop.run("fleet.observer.ts")) as {
      FleetObserver: new (metrics: object) => Observer;
    };
    const observer = new FleetObserver({
      count: (name: string, labels: object) => counted.push([name, labels]),
      measure: (name: string, _value: number, labels: object) => measured.push([name, labels]),
    });
    server = await startApp("express", {
      controllers: [OrdersController],
      imports: [HealthModule as unknown as DynamicModule],
      hmac: { nonces, observer, globalGuard: true },
    });
  });
  afterAll(async () => {
    workshop.close();
    await server.close();
  });

  const order = () => send(server.port, signed(server.port, { method: "GET", target: "/orders" }));
  const health = async (path: string) => {
    const response = await fetch(`${server.url}/health/${path}`);
    return [response.status, await response.text()] as const;
  };

  it.each<[string, Error | undefined, ready: number, routable: number]>([
    ["all is well", undefined, 200, 200],
    ["the store is away", new Error("away"), 503, 200],
    ["the clock is off", new NonceStoreClockError("off"), 503, 503],
  ])("health, when %s", async (_what, given, ready, routable) => {
    failure = given;
    const [status, body] = await health("ready");
    expect([status, (await health("routable"))[0]]).toEqual([ready, routable]);
    if (given !== undefined)
      expect(body).toContain(given.message === "off" ? "clock-off" : "nonces-unavailable");
  });

  it("draws what was let in, what was refused, and how long claims took", async () => {
    failure = undefined;
    for (const list of [counted, measured]) list.length = 0;
    expect((await order()).status).toBe(200);
    failure = new Error("away");
    expect((await order()).status).toBe(503);
    await fetch(`${server.url}/orders`);
    expect(counted).toEqual([
      ["lacre_accepted_total", { app: "demo" }],
      ["lacre_refused_total", { code: "nonces-unavailable", status: "503" }],
      ["lacre_refused_total", { code: "credentials-missing", status: "401" }],
    ]);
    expect(measured).toEqual([
      ["lacre_claim_ms", { outcome: "fresh" }],
      ["lacre_claim_ms", { outcome: "doubtful" }],
    ]);
  });
});
