import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { Controller, Get } from "@nestjs/common";
import { createGate } from "@lacre/node";
import {
  HmacProtected,
  type AppDefinition,
  type AppSource,
  type HmacModuleOptions,
} from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

/*
 * A source that knows of changes: from the moment in which it tells of one, nothing is judged by what it said before.
 */

const NEXT_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "ran";
  }
}

/** A table of apps, whose reads wait where they are told to. */
class Table implements AppSource {
  readonly apps = new Map<string, AppDefinition>();
  readonly reads: string[] = [];
  watched = 0;
  ended = 0;
  /** Tells whoever watches. Nobody unless somebody does. */
  tell: (appId?: string) => void = () => undefined;
  /** What a read waits for, once it has read. */
  delay: Promise<void> | undefined;

  async find(appId: string): Promise<AppDefinition | undefined> {
    this.reads.push(appId);
    const app = this.apps.get(appId);
    await this.delay;
    return app;
  }

  watch(changed: (appId?: string) => void): () => void {
    this.watched += 1;
    this.tell = changed;
    return () => void (this.ended += 1);
  }
}

const active = { appId: "demo", apiKey: DEMO_KEY };
const revoked = { ...active, state: "revoked" } as const;
const long: HmacModuleOptions["keyCache"] = { ttlMs: 3_600_000, negativeTtlMs: 3_600_000 };

/** What a source may be that nobody watches: the same without `watch`. */
const unwatched = (table: Table): AppSource => ({ find: (appId) => table.find(appId) });

describe.each(PLATFORMS)("changes that a source tells of, on %s", (platform) => {
  async function start(table: Table, apps: AppSource = table) {
    const server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { apps, keyCache: long },
    });
    const call = async (apiKey = DEMO_KEY): Promise<number> => {
      const order = { method: "GET", target: "/orders" };
      return (await send(server.port, signed(server.port, order, { apiKey }))).status;
    };
    return { server, call };
  }

  it("a revoked key opens nothing once the source has said so", async () => {
    const table = new Table();
    table.apps.set("demo", active);
    const { server, call } = await start(table);
    expect(await call()).toBe(200);
    table.apps.set("demo", revoked);
    expect(await call()).toBe(200); // nobody was told
    table.tell("demo");
    expect([await call(), server.lastCode()]).toEqual([401, "key-unusable"]);
    await server.close();
  });

  it.each(["demo", undefined])(
    "holds against a look-up that runs meanwhile (told of %s)",
    async (told) => {
      const table = new Table();
      table.apps.set("demo", active);
      const { server, call } = await start(table);
      let letGo = (): void => {};
      table.delay = new Promise((resolve) => (letGo = resolve));
      const before = call();
      while (table.reads.length === 0) await new Promise(setImmediate);
      table.apps.set("demo", revoked);
      table.tell(told);
      const after = call();
      while (table.reads.length === 1) await new Promise(setImmediate);
      letGo();
      await before; // asked before the change
      expect(await after).toBe(401);
      expect(await call()).toBe(401);
      expect(table.reads).toEqual(["demo", "demo"]);
      await server.close();
    },
  );

  it("a new app, a new key and new networks hold at once too", async () => {
    const table = new Table();
    const { server, call } = await start(table);
    expect([await call(), server.lastCode()]).toEqual([401, "app-unknown"]);
    table.apps.set("demo", active);
    expect(await call()).toBe(401); // remembered as unknown
    table.tell("demo");
    expect(await call()).toBe(200);
    table.apps.set("demo", { ...active, apiKey: NEXT_KEY });
    table.tell();
    expect([await call(), await call(NEXT_KEY)]).toEqual([401, 200]);
    table.apps.set("demo", { ...active, apiKey: NEXT_KEY, networks: ["10.0.0.0/8"] });
    table.tell("demo");
    expect(await call(NEXT_KEY)).toBe(403);
    table.apps.delete("demo");
    table.tell("demo");
    expect(await call(NEXT_KEY)).toBe(401);
    await server.close();
  });

  it("what is no id may be of any app", async () => {
    const table = new Table();
    table.apps.set("demo", active);
    const { server, call } = await start(table);
    expect(await call()).toBe(200);
    table.apps.set("demo", revoked);
    table.tell({ type: "change" } as never);
    expect(await call()).toBe(401);
    await server.close();
  });

  it("is watched once, from the start to the shutdown", async () => {
    const table = new Table();
    const { server } = await start(table);
    expect([table.watched, table.ended]).toEqual([1, 0]);
    await server.close();
    expect([table.watched, table.ended]).toEqual([1, 1]);
  });

  it("a source that cannot be watched ends the start", async () => {
    const find = () => undefined;
    for (const [watch, words] of [
      [() => Promise.reject(new Error("no channel")), "no channel"],
      [() => { throw new Error("no channel"); }, "no channel"], // oxfmt-ignore
      [() => ({ unsubscribe: () => undefined }), "apps.watch: must return a function"],
      [true, "apps.watch: must be a method."],
    ] as const)
      await expect(start(new Table(), { find, watch } as unknown as AppSource)).rejects.toThrow(
        words,
      );
  });

  it("a source without it is asked again after the time of the cache, as before", async () => {
    const table = new Table();
    table.apps.set("demo", active);
    const { server, call } = await start(table, unwatched(table));
    expect([await call(), await call()]).toEqual([200, 200]);
    expect(table.reads).toEqual(["demo"]);
    await server.close();
  });
});

describe("without Nest", () => {
  it("a gate watches from its start to its stop", async () => {
    const table = new Table();
    table.apps.set("demo", active);
    const gate = createGate(
      { apps: table, origins: "*", bootFence: false, keyCache: long },
      { warn: () => undefined },
    );
    const server = createServer((request, response) => {
      void gate.admit(request, response).then((caller) => caller && response.end("ran"));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const call = async (): Promise<number> =>
      (await send(port, signed(port, { method: "GET", target: "/" }))).status;
    expect(table.watched).toBe(0);
    expect([await call(), table.watched]).toEqual([200, 1]);
    table.apps.set("demo", revoked);
    table.tell("demo");
    expect(await call()).toBe(401);
    await gate.stop();
    expect([table.watched, table.ended]).toEqual([1, 1]);
    server.close();
  });
});
