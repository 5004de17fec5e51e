import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "@nestjs/common";
import { endsWithItsHead, type Gate, type RequestStream } from "@lacre/node";
import type { Door } from "./door.js";
import type { FastifyInstance } from "./fastify-instance.js";

/**
 * Puts the tap before everything, and the door behind Fastify's own request hooks (CORS among them) and before its
 * parsers.
 */
export function installOnFastify(adapter: HttpServer, gate: Gate, door: Door): void {
  const app: FastifyInstance = adapter.getInstance();
  const rulesKey = Symbol("lacre door");
  const limitKey = Symbol("lacre body limit");

  // Before middleware; the hook below is for inject() and for the servers of further addresses.
  app.server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    gate.meet(request, response, request.url ?? "");
  });
  app.addHook("onRequest", (request, reply, done) => {
    gate.meet(request.raw, reply.raw, request.originalUrl).frame(request, reply);
    done();
  });

  app.addHook("preParsing", (request, reply, _payload, done) => {
    const rules = request.is404 ? [] : (request.routeOptions.config[rulesKey] ?? []);
    if (rules.length === 0 || isLeftUnparsed(request.raw)) return done();
    const attempt = gate.meet(request.raw, reply.raw, request.originalUrl);
    door.knock(attempt, rules, done);
  });
  markRoutes(adapter, door, { rulesKey, limitKey }, door.largestBodyBytes);
  // A route's limit comes before those of the server and of its parsers.
  app.addHook("onRoute", (route) => {
    const limit = route.config?.[limitKey];
    const present = route.bodyLimit ?? app.initialConfig.bodyLimit ?? 0;
    if (typeof limit === "number" && limit > present) route.bodyLimit = limit;
  });
}

/** Whether no parser is asked, so that there is nothing to be ahead of: an empty POST may be one's to refuse. */
const isLeftUnparsed = (request: IncomingMessage): boolean =>
  (request.method === "GET" || request.method === "HEAD") &&
  endsWithItsHead(request as RequestStream);

/**
 * Notes in a route's configuration what the door has to know, where Nest hands its handler to the adapter: Fastify may
 * wrap the handler afterwards, and the metadata does not come along.
 */
function markRoutes(
  adapter: HttpServer,
  door: Door,
  { rulesKey, limitKey }: { readonly rulesKey: symbol; readonly limitKey: symbol },
  maxBytes: number,
): void {
  const host = adapter as HttpServer & {
    injectRouteOptions(method: unknown, ...args: unknown[]): unknown;
  };
  if (typeof host.injectRouteOptions !== "function") return; // the door stays open, and the guard decides
  const inject = host.injectRouteOptions.bind(adapter);
  host.injectRouteOptions = (method, ...args) => {
    const handler = args.at(-1);
    if (typeof handler === "function" && door.isGuarded(handler)) {
      const config = Reflect.getMetadata(ROUTE_CONFIG, handler) as object | undefined;
      const marks = { [rulesKey]: door.rulesOf([handler]), [limitKey]: maxBytes };
      Reflect.defineMetadata(ROUTE_CONFIG, { ...config, ...marks }, handler);
    }
    return inject(method, ...args);
  };
}

/** The key under which @nestjs/platform-fastify's `@RouteConfig()` leaves its metadata. */
const ROUTE_CONFIG = "__fastify_route_config__";
