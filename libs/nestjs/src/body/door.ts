import type { DiscoveryService } from "@nestjs/core";
import type { Type } from "@nestjs/common";
import { checkBody, checkBodyAtItsEnd } from "@lacre/core";
import { contentOfAttempt, type Attempt } from "../attempt.js";
import type { HmacService } from "../hmac.service.js";
import type { RouteRule } from "../routes.js";

/** Open: only the guard decides. Closed, with content that the door waits for; closed, with content that flows. */
export type DoorMode = "open" | "stream" | "buffer";

/** The mode for a request that could reach handlers of all these modes. */
export function leastClosed(modes: readonly DoorMode[]): DoorMode {
  if (modes.length === 0 || modes.includes("open")) return "open";
  return modes.includes("stream") ? "stream" : "buffer";
}

/**
 * Early refusal: where every route that a request can reach is protected, a request without a right MAC is turned
 * away before any parser spends time on its content, and before a parser's 400 or 415 can come first.
 * The guard decides in any case; a door that stays open lets nobody in.
 */
export class Door {
  /**
   * Metadata on a route's handler: how this app closes it. Nest copies a method's metadata to the handler that it
   * gives the router. The key is the app's own, since two apps may share a controller and not its protection.
   */
  readonly #mode = Symbol("lacre door");
  readonly #service: HmacService;

  constructor(service: HmacService, discovery: DiscoveryService) {
    this.#service = service;
    for (const { metatype } of discovery.getControllers())
      if (typeof metatype === "function")
        this.#mark(metatype as Type, metatype.prototype as object);
  }

  /** Marks the methods of one controller, its ancestors' too. Reads every rule once, so a bad one stops the start. */
  #mark(controller: Type, prototype: object): void {
    for (
      let level = prototype;
      level !== null && level !== Object.prototype;
      level = Object.getPrototypeOf(level)
    ) {
      for (const name of Object.getOwnPropertyNames(level)) {
        const method: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
        if (typeof method !== "function" || name === "constructor") continue;
        const rule = this.#service.routes.ruleOf(controller, method);
        this.#service.answers.rules.ruleOf(controller, method);
        // An inherited method is as closed as the class that leaves it most open.
        const before = Reflect.getMetadata(this.#mode, method) as DoorMode | undefined;
        Reflect.defineMetadata(
          this.#mode,
          leastClosed([this.#modeOf(rule), before ?? "buffer"]),
          method,
        );
      }
    }
  }

  #modeOf(rule: RouteRule): DoorMode {
    if (typeof rule === "object") return rule.stream ? "stream" : "buffer";
    return rule === "unmarked" && this.#service.guardsAll ? "buffer" : "open";
  }

  /** How this handler of the router is closed in this app. */
  modeOf(handler: object): DoorMode {
    return (Reflect.getMetadata(this.#mode, handler) as DoorMode | undefined) ?? "open";
  }

  /**
   * Lets a request on to the parsers only if its head is authentic and its content is what was signed; on a streamed
   * route the content is judged while it flows.
   * @throws HmacException
   */
  async knock(attempt: Attempt, mode: "stream" | "buffer"): Promise<void> {
    if (isPreflight(attempt)) return;
    try {
      const authentic = await this.#service.authenticate(attempt);
      if (mode === "stream") checkBodyAtItsEnd(authentic, contentOfAttempt(attempt));
      else
        checkBody(authentic, contentOfAttempt(attempt), await contentOfAttempt(attempt).settle());
    } catch (error) {
      throw this.#service.refuse(attempt, error);
    }
  }
}

// Fetch Standard, "CORS-preflight fetch": it never carries credentials, and its answer comes from elsewhere.
function isPreflight({ request }: Attempt): boolean {
  const { method, headers } = request;
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    "access-control-request-method" in headers
  );
}
