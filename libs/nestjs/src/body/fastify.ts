import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "@nestjs/common";
import { endsWithItsHead, type Gate, type RequestStream } from "@lacre/node";
import type { RoutePolicy } from "@lacre/core";
import type { Doors } from "./doors.js";
import type { Done, FastifyInstance, FastifyReply, FastifyRequest } from "./fastify-instance.js";
import { markRoutes } from "./fastify-marks.js";

/**
 * Puts the tap before everything, and the door behind Fastify's own request hooks (CORS among them) and before its
 * parsers.
 */
export function installOnFastify(adapter: HttpServer, gate: Gate, { door, contacts }: Doors): void {
  const app: FastifyInstance = adapter.getInstance();
  const rulesKey = Symbol("lacre door");
  const limitKey = Symbol("lacre body limit");
  const handlerKey = Symbol("lacre handler");

  // Before middleware; the hook below is for inject() and for the servers of further addresses.
  app.server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    gate.meet(request, response, request.url ?? "");
  });
  app.addHook("onRequest", (request, reply, done) => {
    gate.meet(request.raw, reply.raw, request.originalUrl).frame(request, reply);
    done();
  });

  const knock = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    const config = request.is404 ? {} : request.routeOptions.config;
    const rules = (config[rulesKey] ?? []) as readonly RoutePolicy[];
    if (rules.length === 0 || isLeftUnparsed(request.raw)) return done();
    door.knock(gate.meet(request.raw, reply.raw, request.originalUrl), rules, done);
  };
  app.addHook("preParsing", (request, reply, _payload, done) => {
    if (!contacts.isNeeded) return knock(request, reply, done);
    const attempt = gate.meet(request.raw, reply.raw, request.originalUrl);
    const own = request.is404 ? undefined : request.routeOptions.config[handlerKey];
    const reachable = {
      own: () => (own === undefined ? [] : [own]),
      others: () => handlersAt(request.originalUrl),
      hostname: () => String(adapter.getRequestHostname?.(request) ?? ""),
    };
    contacts.greet(attempt, reachable, () => knock(request, reply, done), done);
  });
  const keys = { rulesKey, limitKey, handlerKey };
  const handlersAt = markRoutes(adapter, door, keys, contacts.isNeeded);
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
