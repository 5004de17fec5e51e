import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "@nestjs/common";
import type { HmacService } from "../hmac.service.js";
import type { Door } from "./door.js";

type Next = (error?: unknown) => void;
type Request = IncomingMessage & { originalUrl?: string };

/** The parts of Express's router (the package `router`) that have no public door. */
interface Layer {
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
export function installOnExpress(adapter: HttpServer, service: HmacService, door: Door): void {
  const app: { use(handler: unknown): void; readonly router: Router } = adapter.getInstance();

  app.use((request: Request, response: ServerResponse, next: Next) => {
    service.meet(request, response, request.originalUrl ?? request.url ?? "");
    next();
  });
  const { stack } = app.router;
  stack.unshift(stack.pop() as Layer);

  // Nest calls init() when main.ts is done and registers its parsers right after.
  const init = adapter.init?.bind(adapter);
  adapter.init = async () => {
    await init?.();
    app.use((request: Request, response: ServerResponse, next: Next) => {
      const attempt = service.meet(request, response, request.originalUrl ?? request.url ?? "");
      if (!everyRouteIsClosed(app.router, request, door)) return next();
      door.knock(attempt).then(() => next(), next);
    });
  };
}

/** Whether some route takes this request, and the app protects all that do. */
function everyRouteIsClosed(router: Router, request: Request, door: Door): boolean {
  const path = (request.url ?? "/").split("?", 1)[0] as string;
  const method = request.method ?? "GET";
  let found = false;
  for (const layer of router.stack) {
    const { route } = layer;
    if (route === undefined || !matches(layer, path) || !route._handlesMethod(method)) continue;
    if (!route.stack.every(({ handle }) => door.isClosed(handle))) return false;
    found = true;
  }
  return found;
}

// A malformed escape makes the router throw; it will do so again in its turn, with an answer.
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
