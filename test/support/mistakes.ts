import { createServer, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Controller, Get, type Type } from "@nestjs/common";
import express from "express";
import { createGate, type GateOptions, type RouteOptions } from "@lacre/node";
import { HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp } from "./app.js";
import { send, signed, type WireRequest } from "./wire.js";

/** Where a developer meets a mistake: the name of the place, and all that is seen there. */
export type Places = Readonly<Record<string, () => Promise<string>>>;

/** What is thrown, in words. */
export async function messageOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the mistake was taken");
}

/** The lines of a log. */
class Lines {
  readonly said: string[] = [];
  readonly log = (): void => undefined;
  readonly warn = (line: unknown): void => void this.said.push(String(line));
  readonly error = this.warn;
  readonly fatal = this.warn;
}

/** Options as people write them: what the types would refuse is what is tried. */
type Loose<T> = { readonly [Name in keyof T]?: unknown };

/** Starts what cannot start: an app of Nest on each platform, and a gate of its own. */
export const atBoot = (options: Loose<HmacModuleOptions>): Places => ({
  ...Object.fromEntries(
    PLATFORMS.map((platform) => [
      `Nest on ${platform}`,
      () =>
        messageOf(async () => {
          const hmac = options as Partial<HmacModuleOptions>;
          const app = await startApp(platform, { controllers: [controllerOf({})], hmac });
          await app.close();
        }),
    ]),
  ),
  createGate: () =>
    messageOf(() =>
      createGate({
        apps: { demo: DEMO_KEY },
        origins: "*",
        ...options,
      } as GateOptions),
    ),
});

/** Starts an app with a route that cannot be kept. */
export const atRoute = (rule: Loose<RouteOptions>): Places => ({
  ...Object.fromEntries(
    PLATFORMS.map((platform) => [
      `Nest on ${platform}`,
      () =>
        messageOf(async () => {
          const app = await startApp(platform, { controllers: [controllerOf(rule)] });
          await app.close();
        }),
    ]),
  ),
  createGate: () =>
    messageOf(() =>
      createGate({ apps: { demo: DEMO_KEY }, origins: "*" }).middleware(rule as RouteOptions),
    ),
});

function controllerOf(rule: Loose<RouteOptions>): Type {
  @Controller("orders")
  @HmacProtected(rule as RouteOptions)
  class OrdersController {
    @Get()
    list() {
      return "ran";
    }
  }
  return OrdersController;
}

/** A server that is asked once, and what its log says. */
interface Asked {
  readonly options?: Loose<HmacModuleOptions>;
  readonly rule?: RouteOptions;
  /** The request; one that is right unless given. */
  readonly request?: (port: number) => WireRequest;
  readonly status: number;
}

export const rightRequest = (port: number): WireRequest =>
  signed(port, { method: "GET", target: "/orders" });

/** Asks an app of Nest on each platform, and one of Express with a gate. No caller is told why. */
export const inLog = (asked: Asked): Places => ({
  ...Object.fromEntries(
    PLATFORMS.map((platform) => [
      `Nest on ${platform}`,
      async () => {
        const lines = new Lines();
        const app = await startApp(platform, {
          controllers: [controllerOf(asked.rule ?? {})],
          hmac: (asked.options ?? {}) as Partial<HmacModuleOptions>,
          create: { logger: lines as never },
        });
        try {
          await askOnce(app.port, asked);
        } finally {
          await app.close();
        }
        return lines.said.join("\n");
      },
    ]),
  ),
  "Express with createGate": async () => {
    const lines = new Lines();
    const options = { apps: { demo: DEMO_KEY }, origins: "*", bootFence: false, ...asked.options };
    const gate = createGate(options as GateOptions, lines);
    const app = express();
    app.get("/orders", gate.middleware(asked.rule), (_request, response) => {
      response.send("ran");
    });
    const server = createServer(app as RequestListener);
    await askOnce(await listen(server), asked).finally(() => server.close());
    await gate.stop();
    return lines.said.join("\n");
  },
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const BODIES = new Map([
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [503, "Service Unavailable"],
]);

async function askOnce(port: number, { request = rightRequest, status }: Asked): Promise<void> {
  const answer = await send(port, request(port));
  const uniform = JSON.stringify({ statusCode: status, message: BODIES.get(status) });
  if (answer.status !== status || answer.body !== uniform)
    throw new Error(`the caller saw ${answer.status} ${answer.body}`);
}
