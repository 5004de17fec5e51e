import type { HttpServer } from "@nestjs/common";
import type { Door } from "./door.js";
import { matchesPattern } from "./path-pattern.js";

/** Where a route's configuration has what the door must know of it. */
export interface MarkKeys {
  readonly rulesKey: symbol;
  readonly limitKey: symbol;
  readonly handlerKey: symbol;
}

/**
 * Notes in a route's configuration what the door has to know, where Nest hands its handler to the adapter: Fastify may
 * wrap the handler afterwards, and the metadata does not come along.
 * @param needsHandlers whether all handlers are noted, the unguarded ones too
 * @returns finds those of all routes of a target, whatever their method
 */
export function markRoutes(
  adapter: HttpServer,
  door: Door,
  { rulesKey, limitKey, handlerKey }: MarkKeys,
  needsHandlers: boolean,
): (target: string) => readonly object[] {
  const routes: { readonly pattern: string; readonly handler: object }[] = [];
  const handlersAt = (target: string): readonly object[] => {
    const [path = ""] = target.split("?", 1);
    return routes
      .filter(({ pattern }) => matchesPattern(pattern, path))
      .map(({ handler }) => handler);
  };
  const host = adapter as HttpServer & {
    injectRouteOptions(method: unknown, ...args: unknown[]): unknown;
  };
  if (typeof host.injectRouteOptions !== "function") return handlersAt; // the door stays open, and the guard decides
  const inject = host.injectRouteOptions.bind(adapter);
  host.injectRouteOptions = (method, ...args) => {
    const [pattern] = args;
    const handler = args.at(-1);
    if (typeof handler !== "function") return inject(method, ...args);
    const marks = {
      ...(door.isGuarded(handler) && {
        [rulesKey]: door.rulesOf([handler]),
        [limitKey]: door.largestBodyBytes,
      }),
      ...(needsHandlers && { [handlerKey]: handler }),
    };
    if (Object.getOwnPropertySymbols(marks).length > 0) {
      const config = Reflect.getMetadata(ROUTE_CONFIG, handler) as object | undefined;
      Reflect.defineMetadata(ROUTE_CONFIG, { ...config, ...marks }, handler);
    }
    if (needsHandlers && typeof pattern === "string") routes.push({ pattern, handler });
    return inject(method, ...args);
  };
  return handlersAt;
}

/** The key under which @nestjs/platform-fastify's `@RouteConfig()` leaves its metadata. */
const ROUTE_CONFIG = "__fastify_route_config__";
