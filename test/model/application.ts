import {
  All,
  Controller,
  Delete,
  Get,
  HttpCode,
  Injectable,
  Module,
  Next,
  Post,
  Put,
  UseGuards,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
  type CanActivate,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from "@nestjs/common";
import { AuthGuard } from "@nestjs/passport";
import passport from "passport";
import { MemoryNonceStore, type NonceStore } from "@lacre/core";
import { HmacGuard, HmacProtected, HmacStrategy, type HmacRouteOptions } from "@lacre/nestjs";
import type { Random } from "../interop/random.js";
import { startApp, TestClock, type Platform, type RunningApp } from "../support/app.js";
import { APP_IDS, FORMATS, formatOf } from "./formats.js";
import type { Rule, Settings, Step } from "./model.js";

type GuardKind = "protected" | "guard" | "subclass" | "passport" | "global";
type MiddlewareKind = "none" | "validate" | "authenticate";
type Verb = "GET" | "POST" | "PUT" | "DELETE" | "ALL";

export interface Route {
  readonly name: string;
  readonly path: string;
  readonly verb: Verb;
  readonly version?: string;
  readonly guards: readonly GuardKind[];
  /** Undefined where no guard marks the route: the default rule holds. */
  readonly options?: HmacRouteOptions;
}

export interface Application {
  readonly platform: Platform;
  readonly schemes: readonly string[];
  readonly apps: readonly {
    readonly appId: string;
    readonly scopes: readonly string[];
    /** By the name of its scheme. */
    readonly keys: Readonly<Record<string, string>>;
  }[];
  readonly routes: readonly Route[];
  /** Stands before the routes, takes everything, and calls `next()`. */
  readonly catchAll?: Route;
  readonly middleware: MiddlewareKind;
  readonly settings: Settings;
  readonly startMs: number;
}

export interface RunningApplication extends RunningApp {
  readonly clock: TestClock;
  /** Which handlers ran, since this was last emptied. */
  readonly ran: string[];
  /** Makes the store of nonces fail, where it is one that may. */
  storeFails: boolean;
}

const METHODS = { GET: Get, POST: Post, PUT: Put, DELETE: Delete, ALL: All } as const;
const VERBS = Object.keys(METHODS) as Verb[];
const SCOPES = ["read", "write"];

export function randomApplication(random: Random): Application {
  const schemes = random.shuffled(FORMATS.map(({ name }) => name)).slice(0, 1 + random.below(4));
  // Twins are seldom drawn together.
  if (schemes.includes("twin-a") && !schemes.includes("twin-b") && !random.chance(3))
    schemes.push("twin-b");
  const senders = schemes.flatMap((name) => formatOf(name).sender ?? []);
  const appIds = [
    ...new Set([...senders, ...random.shuffled(APP_IDS).slice(0, 1 + random.below(3))]),
  ];
  const apps = appIds.map((appId) => ({
    appId,
    scopes: SCOPES.filter(() => !random.chance(3)),
    keys: Object.fromEntries(
      schemes
        .map(formatOf)
        .filter(({ sender }) => sender === undefined || sender === appId)
        .map((format) => [format.name, format.newKey(random)]),
    ),
  }));
  const isGlobal = random.chance(3);
  const routes: Route[] = [];
  const count = 1 + random.below(4);
  const versioned = random.chance(3) ? random.below(count) : count;
  for (let at = 0; at < count; at++) {
    const verb = at === 0 ? random.pick(["GET", "ALL"] as const) : random.pick(VERBS);
    const route = randomRoute(random, `route${at}`, verb, schemes, isGlobal);
    if (at !== versioned) routes.push({ ...route, path: `/r${at}` });
    else
      for (const version of ["1", "2"]) {
        const other = randomRoute(random, `route${at}v${version}`, verb, schemes, isGlobal);
        routes.push({ ...other, path: `/r${at}`, version });
      }
  }
  const platform = random.pick(["express", "fastify"] as const);
  const hasCatchAll = platform === "express" && random.chance(4);
  const catchAll = randomRoute(random, "catchAll", "ALL", schemes, isGlobal);
  const marked = [...routes, ...(hasCatchAll ? [catchAll] : [])].filter(({ guards }) =>
    guards.some((kind) => kind === "protected" || kind === "global"),
  );
  return {
    platform,
    schemes,
    apps,
    routes,
    // Only Express has a next route.
    ...(hasCatchAll && { catchAll }),
    middleware: random.chance(4) ? random.pick(["validate", "authenticate"] as const) : "none",
    settings: {
      maxAge: random.pick([300, 300, 60, 1000]),
      futureSkew: random.pick([5, 5, 0, 90]),
      maxBodyBytes: random.chance(5) ? 24 : 1000,
      isBounded: marked.length === routes.length + (hasCatchAll ? 1 : 0),
      flaky: random.chance(6),
    },
    startMs: 1_700_000_000_000 + random.below(100_000_000),
  };
}

function randomRoute(
  random: Random,
  name: string,
  verb: Verb,
  schemes: readonly string[],
  isGlobal: boolean,
): Route {
  const kinds = ["guard", "subclass", "passport"] as const;
  const guards: GuardKind[] = isGlobal ? ["global"] : [];
  if (!random.chance(4)) guards.push("protected");
  const more = random.shuffled(kinds).slice(0, random.below(3));
  guards.push(...more);
  if (guards.length === 0) guards.push(random.pick(kinds));
  const base = { name, path: "", verb, guards };
  if (!guards.includes("protected")) return base;
  const some = random.shuffled(schemes).slice(0, 1 + random.below(schemes.length));
  const taken = random.chance(3) ? schemes.slice(0, 1) : some;
  const presigns = taken.some((scheme) => formatOf(scheme).presigns === true);
  const options: HmacRouteOptions = {
    ...(!random.chance(4) && { schemes: some }),
    ...(random.chance(4) && { scopes: [random.pick(SCOPES)] }),
    ...(random.chance(6) && { signedHeaders: ["x-tenant"] }),
    ...(random.chance(3) && { maxAge: random.pick([10, 100, 600, 1200]) }),
    ...(random.chance(4) && { replay: "once" as const }),
  };
  const readers = (options.schemes ?? schemes.slice(0, 1)).map(formatOf);
  const canPresign =
    presigns && readers.some((format) => format.presigns) && (verb === "GET" || verb === "ALL");
  return {
    ...base,
    options: canPresign ? { ...options, presigned: random.pick([60, 300, 600]) } : options,
  };
}

/** The rule of a route, as the README has it; without a route, the default rule. */
export function ruleOf({ schemes }: Application, route?: Route): Rule {
  const { options = {} } = route ?? {};
  return {
    schemes: options.schemes ?? schemes.slice(0, 1),
    scopes: options.scopes ?? [],
    signsTenant: options.signedHeaders !== undefined,
    once: options.replay === "once",
    ...(options.maxAge !== undefined && { maxAge: options.maxAge }),
    ...(options.presigned !== undefined && { presigned: options.presigned }),
  };
}

/** What stands on the way to a route. */
export function stepsTo(application: Application, route: Route): Step[] {
  const { middleware, catchAll } = application;
  const way = [...(catchAll === undefined ? [] : [catchAll]), route];
  return [
    ...(middleware === "none" ? [] : [{ rule: ruleOf(application) }]),
    ...way.flatMap((each) => [{ rule: ruleOf(application, each) }, { run: each.name }]),
  ];
}

export const servesMethod = ({ verb }: Route, method: string): boolean =>
  verb === "ALL" || verb === method || (verb === "GET" && method === "HEAD");

export async function start(application: Application): Promise<RunningApplication> {
  const { platform, settings, apps, schemes, catchAll, routes, middleware } = application;
  const clock = new TestClock(application.startMs);
  const ran: string[] = [];
  const state = { storeFails: false };
  const memory = new MemoryNonceStore({ clock, fence: false });
  const nonces: NonceStore = {
    claim: (key, expiresAtMs) => {
      if (state.storeFails) throw new Error("the store is away");
      return memory.claim(key, expiresAtMs);
    },
    hold: (key, expiresAtMs, doneUntilMs) => {
      if (state.storeFails) throw new Error("the store is away");
      return memory.hold(key, expiresAtMs, doneUntilMs);
    },
  };
  const all = [...(catchAll === undefined ? [] : [{ ...catchAll, path: "*path" }]), ...routes];
  const running = await startApp(platform, {
    controllers: all.map((route) => controllerOf(route, ran, route.name === catchAll?.name)),
    imports:
      middleware === "none"
        ? []
        : [middlewareModule(middleware, () => running.app.get(HmacStrategy, { strict: false }))],
    hmac: {
      clock,
      origins: ["http://a.test", "http://b.test"],
      schemes: schemes.map((name) => formatOf(name).scheme(clock)),
      apps: apps.map(({ appId, scopes, keys }) => ({
        appId,
        scopes,
        keys: Object.entries(keys).map(([scheme, apiKey]) => ({
          apiKey,
          schemes: [scheme],
          ...(scheme !== "lacre1" && { encoding: formatOf(scheme).encoding }),
        })),
      })),
      maxAge: settings.maxAge,
      futureSkew: settings.futureSkew,
      maxBodyBytes: settings.maxBodyBytes,
      globalGuard: routes.some(({ guards }) => guards.includes("global")),
      ...(settings.flaky && { nonces }),
    },
    main: (app) => {
      if (routes.some(({ version }) => version !== undefined))
        app.enableVersioning({
          type: VersioningType.HEADER,
          header: "X-Version",
          defaultVersion: VERSION_NEUTRAL,
        });
    },
  });
  return Object.assign(state, running, { clock, ran });
}

@Injectable()
class Subclass extends HmacGuard {}

const GUARDS: Readonly<Record<"guard" | "subclass" | "passport", Type<CanActivate>>> = {
  guard: HmacGuard,
  subclass: Subclass,
  passport: AuthGuard("hmac"),
};

/** A controller with one handler, which says that it ran. */
function controllerOf(route: Route, ran: string[], isCatchAll: boolean): Type {
  class Handlers {
    handle(next?: () => void): string | undefined {
      ran.push(route.name);
      next?.();
      return "ran";
    }
  }
  const { prototype } = Handlers;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "handle");
  if (descriptor === undefined) throw new Error("unreachable");
  const guards = route.guards.flatMap((kind) =>
    kind === "protected" || kind === "global" ? [] : [GUARDS[kind]],
  );
  const decorators: MethodDecorator[] = [
    METHODS[route.verb](),
    HttpCode(200),
    ...(route.version === undefined ? [] : [Version(route.version)]),
    ...(guards.length === 0 ? [] : [UseGuards(...guards)]),
    ...(route.guards.includes("protected") ? [HmacProtected(route.options)] : []),
  ];
  for (const decorate of decorators) decorate(prototype, "handle", descriptor);
  if (isCatchAll) Next()(prototype, "handle", 0);
  Controller(route.path)(Handlers);
  return Handlers;
}

function middlewareModule(kind: MiddlewareKind, strategy: () => HmacStrategy): Type {
  class Middleware implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      const authenticate = passport.authenticate("hmac", { session: false }) as Handler;
      const validate: Handler = (request, _response, next) =>
        void strategy()
          .validate(request)
          .then(() => next(), next);
      consumer.apply(kind === "validate" ? validate : authenticate).forRoutes("*path");
    }
  }
  Module({})(Middleware);
  return Middleware;
}
type Handler = (request: object, response: object, next: (error?: unknown) => void) => void;
