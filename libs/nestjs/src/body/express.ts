import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { HttpServer } from "@nestjs/common";
import type { Doors } from "./doors.js";
import { ExpressParsers, type ParserLayer } from "./express-parsers.js";
import { announcesContent, isHandedOver, type Gate, type RequestStream } from "@lacre/node";

type Next = (error?: unknown) => void;
type Request = IncomingMessage & { originalUrl?: string };

/** The parts of Express's router (the package `router`) that have no public door. */
interface Layer extends ParserLayer {
  readonly route?: {
    readonly path: unknown;
    readonly stack: readonly { readonly method?: string; readonly handle: object }[];
    _handlesMethod(method: string): boolean;
  };
  match(path: string): boolean;
}
type Route = NonNullable<Layer["route"]>;
interface Router {
  readonly stack: Layer[];
}

/** Puts the tap before everything, and the door behind what `main.ts` installs (CORS among it) and before the parsers. */
export function installOnExpress(adapter: HttpServer, gate: Gate, { door, contacts }: Doors): void {
  const app: { use(handler: unknown): void; readonly router: Router } = adapter.getInstance();

  app.use((request: Request, response: ServerResponse, next: Next) => {
    gate.meet(request, response, request.originalUrl ?? request.url ?? "");
    next();
  });
  gate.verdicts.foresee = (request) => onlyPattern(app.router, request);
  const { stack } = app.router;
  stack.unshift(stack.pop() as Layer);
  const parsers = new ExpressParsers(
    adapter,
    () => app.router.stack,
    door.largestBodyBytes,
    (request) =>
      announcesContent(request) &&
      !request.readableEnded && // a parser has read it, and the next ones leave it alone
      handlersFor(app.router, request).some((handler) => door.isGuarded(handler)),
  );

  // Nest calls init() when main.ts is done and registers its parsers right after.
  const init = adapter.init?.bind(adapter);
  adapter.init = async () => {
    // Express gives each request a prototype of its own, and from then on every property that is added to it costs
    // about 1 µs and 1 KB of old memory. The middleware above is for requests that come another way.
    const server = adapter.getHttpServer() as Server | undefined;
    server?.prependListener("request", (request, response) => {
      gate.meet(request, response, request.url ?? "");
    });
    await init?.();
    await parsers.refuseSmaller();
    const knock = (request: Request, response: ServerResponse, next: Next): void => {
      const isRead = announcesContent(request) && !isHandedOver(request as RequestStream);
      const rules = isRead ? door.rulesOf(handlersFor(app.router, request)) : [];
      if (rules.length === 0) return next();
      const attempt = gate.meet(request, response, request.originalUrl ?? request.url ?? "");
      door.knock(attempt, rules, next);
    };
    const greet = (request: Request, response: ServerResponse, next: Next): void => {
      const attempt = gate.meet(request, response, request.originalUrl ?? request.url ?? "");
      const reachable = {
        own: () => handlersFor(app.router, request),
        others: () => handlersFor(app.router, request, true),
        hostname: () => String(adapter.getRequestHostname?.(request) ?? ""),
      };
      contacts.greet(attempt, reachable, () => knock(request, response, next), next);
    };
    app.use(contacts.isNeeded ? greet : knock);
    moveAhead(app.router.stack, parsers.firstIndex());
  };
}

/** Moves the last layer to this place, and before it what CORS stands behind that, so that its refusals can be read. */
function moveAhead(stack: Layer[], index: number): void {
  const door = stack.pop() as Layer;
  const behind = stack.splice(index);
  const isCors = ({ handle }: Layer): boolean => handle.name === "corsMiddleware";
  stack.push(...behind.filter(isCors), door, ...behind.filter((layer) => !isCors(layer)));
}

/** The handlers of all routes that this request can reach, or could if it had the right method. */
function handlersFor(router: Router, request: Request, byAnyMethod = false): readonly object[] {
  const handlers: object[] = [];
  for (const { stack } of routesFor(router, request, byAnyMethod))
    for (const { handle } of stack) handlers.push(handle);
  return handlers;
}

/** The pattern of the route that this request will reach, where there is but one. */
function onlyPattern(router: Router, request: Request): string | undefined {
  const patterns = new Set(routesFor(router, request).map(({ path }) => path));
  const [pattern] = patterns;
  return patterns.size === 1 && typeof pattern === "string" ? pattern : undefined;
}

function routesFor(router: Router, request: Request, byAnyMethod = false): readonly Route[] {
  const { url = "/", method = "GET" } = request;
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const routes: Route[] = [];
  for (const layer of router.stack)
    if (
      layer.route !== undefined &&
      (byAnyMethod || layer.route._handlesMethod(method)) &&
      matches(layer, path)
    )
      routes.push(layer.route);
  return routes;
}

// A malformed escape makes the router throw; it will do so again in its turn, with an answer.
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
