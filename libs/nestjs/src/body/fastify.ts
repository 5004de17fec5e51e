import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { HttpServer } from "@nestjs/common";
import type { HmacService } from "../hmac.service.js";
import type { Door } from "./door.js";

/** The parts of Fastify that are used here, so that Fastify need not be installed for Express. */
interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly originalUrl: string;
  readonly is404: boolean;
  readonly routeOptions: { readonly config: { readonly [CLOSED]?: Door } };
}
interface FastifyReply {
  readonly raw: ServerResponse;
}
type Done = (error?: unknown) => void;
interface FastifyInstance {
  readonly server: Server;
  addHook(name: "onRequest", hook: (request: FastifyRequest, reply: FastifyReply, done: Done) => void): void;
  addHook(
    name: "preParsing",
    hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void,
  ): void;
  addHook(name: "onRoute", hook: (route: FastifyRoute) => void): void;
}
interface FastifyRoute {
  handler: object;
  config?: Record<PropertyKey, unknown>;
}

const CLOSED = Symbol.for("lacre.door");

/** Puts the tap before everything, and the door behind Fastify's own request hooks (CORS among them) and before its parsers. */
export function installOnFastify(adapter: HttpServer, service: HmacService, door: Door): void {
  const app: FastifyInstance = adapter.getInstance();

  // Before middleware; the hook below is for inject() and for the servers of further addresses.
  app.server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    service.meet(request, response, request.url ?? "");
  });
  app.addHook("onRequest", (request, reply, done) => {
    service.meet(request.raw, reply.raw, request.originalUrl);
    done();
  });

  app.addHook("preParsing", (request, reply, _payload, done) => {
    if (request.is404 || request.routeOptions.config[CLOSED] !== door) return done();
    const attempt = service.meet(request.raw, reply.raw, request.originalUrl);
    door.knock(attempt).then(() => done(), done);
  });
  markRoutes(adapter, door);
}

/**
 * Notes in a route's configuration that it is closed, where Nest hands its handler to the adapter: Fastify may wrap
 * the handler afterwards, and the metadata does not come along.
 */
function markRoutes(adapter: HttpServer, door: Door): void {
  const host = adapter as HttpServer & { injectRouteOptions(method: unknown, ...args: unknown[]): unknown };
  if (typeof host.injectRouteOptions !== "function") return; // the door stays open, and the guard decides
  const inject = host.injectRouteOptions.bind(adapter);
  host.injectRouteOptions = (method, ...args) => {
    const handler = args.at(-1);
    if (typeof handler === "function" && door.isClosed(handler)) {
      const config = Reflect.getMetadata(ROUTE_CONFIG, handler) as object | undefined;
      Reflect.defineMetadata(ROUTE_CONFIG, { ...config, [CLOSED]: door }, handler);
    }
    return inject(method, ...args);
  };
}

/** The key under which @nestjs/platform-fastify's `@RouteConfig()` leaves its metadata. */
const ROUTE_CONFIG = "__fastify_route_config__";
