import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "@nestjs/common";
import type { RoutePolicy } from "@lacre/core";
import type { Door } from "./door.js";
import { ExpressParsers, type ParserLayer } from "./express-parsers.js";
import { isHandedOver, type Gate, type RequestStream } from "@lacre/node";

type Next = (error?: unknown) => void;
type Request = IncomingMessage & { originalUrl?: string };

/** The parts of Express's router (the package `router`) that have no public door. */
interface Layer extends ParserLayer {
  readonly route?: {
    readonly stack: readonly { readonly method?: string; readonly handle: object }[];
    _handlesMethod(method: string): boolean;
  };
  match(path: string): boolean;
}
interface Router {
  readonly stack: Layer[];
}

/** Puts the tap before everything, and the door behind what `main.ts` installs (CORS among it) and before the parsers. */
export function installOnExpress(adapter: HttpServer, gate: Gate, door: Door): void {
  const app: { use(handler: unknown): void; readonly router: Router } = adapter.getInstance();

  app.use((request: Request, response: ServerResponse, next: Next) => {
    gate.meet(request, response, request.originalUrl ?? request.url ?? "");
    next();
  });
  const { stack } = app.router;
  stack.unshift(stack.pop() as Layer);
  const parsers = new ExpressParsers(
    adapter,
    () => app.router.stack,
    door.largestBodyBytes,
    (request) => handlersFor(app.router, request).some((handler) => door.isGuarded(handler)),
  );

  // Nest calls init() when main.ts is done and registers its parsers right after.
  const init = adapter.init?.bind(adapter);
  adapter.init = async () => {
    await init?.();
    await parsers.refuseSmaller();
    app.use((request: Request, response: ServerResponse, next: Next) => {
      const rules = hasContent(request) ? rulesFor(app.router, request, door) : [];
      if (rules.length === 0) return next();
      const attempt = gate.meet(request, response, request.originalUrl ?? request.url ?? "");
      door.knock(attempt, rules, next);
    });
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

/** Whether there is anything that a parser could read: without it the door has nothing to be ahead of. */
function hasContent(request: Request): boolean {
  const { headers } = request;
  if (!("transfer-encoding" in headers) && !(Number(headers["content-length"] ?? 0) > 0))
    return false;
  return !isHandedOver(request as RequestStream);
}

/** The rules of all routes that this request can reach; none if one of them may be open. */
const rulesFor = (router: Router, request: Request, door: Door): readonly RoutePolicy[] =>
  door.rulesOf(handlersFor(router, request));

/** The handlers of all routes that this request can reach. */
function handlersFor(router: Router, request: Request): readonly object[] {
  const path = (request.url ?? "/").split("?", 1)[0] as string;
  const method = request.method ?? "GET";
  return router.stack
    .filter((layer) => layer.route?._handlesMethod(method) === true && matches(layer, path))
    .flatMap(({ route }) => route?.stack ?? [])
    .map(({ handle }) => handle);
}

// A malformed escape makes the router throw; it will do so again in its turn, with an answer.
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
