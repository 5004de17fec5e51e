import type { AddressInfo } from "node:net";
import { Module, type DynamicModule, type INestApplication, type Type } from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { ThrottlerModule, type ThrottlerModuleOptions } from "@nestjs/throttler";
import type { Verdict } from "@lacre/core";
import { HmacModule, type HmacModuleOptions } from "@lacre/nestjs";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import { DEMO_KEY, type Platform, type RunningApp } from "./app.js";
import { send, signed, type WireRequest, type WireResponse } from "./wire.js";

export const OFFICE_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

/** Where the guard that counts is registered. */
export type Place = "root" | "module before" | "module after" | "decorator";

export interface LimitedOptions {
  readonly controllers: readonly Type[];
  readonly throttlers: ThrottlerModuleOptions;
  readonly place?: Place;
  readonly guard?: Type;
  readonly imports?: readonly DynamicModule[];
  readonly providers?: readonly Type[];
  /** Further guards of the whole app, behind it. */
  readonly guards?: readonly Type[];
  readonly hmac?: Partial<HmacModuleOptions>;
  readonly main?: (app: INestApplication) => void;
  readonly adapter?: FastifyAdapter;
}

/** An app whose requests are counted, with the apps "demo" and "office". */
export async function startLimited(
  platform: Platform,
  {
    controllers,
    throttlers,
    place = "root",
    guard,
    hmac,
    main,
    adapter,
    guards = [],
    imports = [],
    providers = [],
  }: LimitedOptions,
): Promise<RunningApp> {
  const verdicts: Verdict[] = [];
  const counting = { provide: APP_GUARD, useClass: guard ?? HmacThrottlerGuard };
  const withGuard: DynamicModule = { module: class Limits {}, providers: [counting] };
  class AppModule {}
  Module({
    imports: [
      ...(place === "module before" ? [withGuard] : []),
      HmacModule.forRoot({
        apps: { demo: DEMO_KEY, office: OFFICE_KEY },
        origins: "*",
        bootFence: false,
        observer: { observe: (verdict) => void verdicts.push(verdict) },
        ...hmac,
      }),
      ThrottlerModule.forRoot(throttlers),
      ...(place === "module after" ? [withGuard] : []),
      ...imports,
    ],
    controllers: [...controllers],
    providers: [
      ...providers,
      ...(place === "root" ? [counting] : []),
      ...guards.map((useClass) => ({ provide: APP_GUARD, useClass })),
    ],
  })(AppModule);
  const app = await NestFactory.create(
    AppModule,
    adapter ?? (platform === "express" ? new ExpressAdapter() : new FastifyAdapter()),
    { logger: false, abortOnError: false },
  );
  main?.(app);
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    verdicts,
    lastCode: () =>
      verdicts.flatMap((each) => (each.outcome === "refused" ? [each.code] : [])).at(-1),
    close: () => app.close(),
  };
}

export const DEMO = { appId: "demo", apiKey: DEMO_KEY };
export const OFFICE = { appId: "office", apiKey: OFFICE_KEY };
/** Knows a name, and not the key. */
export const FORGER = { appId: "demo", apiKey: "lk1_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8" };

export const requestOf = (
  { port }: RunningApp,
  by: { appId: string; apiKey: string } = DEMO,
  { method = "GET", target = "/orders", body }: Partial<WireRequest> = {},
): WireRequest => {
  const headers: [string, string][] = body ? [["Content-Type", "application/json"]] : [];
  return signed(port, { method, target, headers, ...(body !== undefined && { body }) }, by);
};

/** Sends a new request and gives its answer. */
export const ask = (
  server: RunningApp,
  by?: { appId: string; apiKey: string },
  what?: Partial<WireRequest>,
): Promise<WireResponse> => send(server.port, requestOf(server, by, what));

/** The statuses of so many answers, one after the other. */
export async function statuses(
  times: number,
  each: () => Promise<WireResponse>,
): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) seen.push((await each()).status);
  return seen;
}
