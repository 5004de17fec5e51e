import type { DiscoveryService } from "@nestjs/core";
import type { Type } from "@nestjs/common";
import type { Attempt } from "../attempt.js";
import type { HmacService } from "../hmac.service.js";

/**
 * Early refusal: where every route that a request can reach is protected, a request without a right MAC is turned
 * away before any parser spends time on its content, and before a parser's 400 or 415 can come first.
 * The guard decides in any case; a door that stays open lets nobody in.
 */
export class Door {
  /**
   * Metadata on a route's handler: "this app protects it". Nest copies a method's metadata to the handler that it
   * gives the router. The key is the app's own, since two apps may share a controller and not its protection.
   */
  readonly #closed = Symbol("lacre door");
  readonly #service: HmacService;

  constructor(service: HmacService, discovery: DiscoveryService) {
    this.#service = service;
    for (const { metatype } of discovery.getControllers())
      if (typeof metatype === "function") this.#mark(metatype as Type, metatype.prototype as object);
  }

  /** Marks the methods of one controller, its ancestors' too. Reads every rule once, so a bad one stops the start. */
  #mark(controller: Type, prototype: object): void {
    for (let level = prototype; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
      for (const name of Object.getOwnPropertyNames(level)) {
        const method: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
        if (typeof method !== "function" || name === "constructor") continue;
        const rule = this.#service.routes.ruleOf(controller, method);
        const closed = typeof rule === "object" || (rule === "unmarked" && this.#service.guardsAll);
        // An inherited method is closed only if it is in every class that has it.
        const before: unknown = Reflect.getMetadata(this.#closed, method);
        Reflect.defineMetadata(this.#closed, closed && before !== false, method);
      }
    }
  }

  /** Whether this handler of the router is one that the app protects. */
  isClosed(handler: object): boolean {
    return Reflect.getMetadata(this.#closed, handler) === true;
  }

  /**
   * Refuses a request whose head is not authentic, and arms the tap for one whose head is.
   * @throws HmacException
   */
  async knock(attempt: Attempt): Promise<void> {
    if (isPreflight(attempt)) return;
    try {
      const { claims } = await this.#service.authenticate(attempt);
      if (claims.content.kind !== "maced") attempt.tap?.expect(claims.content);
    } catch (error) {
      throw this.#service.refuse(attempt, error);
    }
  }
}

// Fetch Standard, "CORS-preflight fetch": it never carries credentials, and its answer comes from elsewhere.
function isPreflight({ request }: Attempt): boolean {
  const { method, headers } = request;
  return method === "OPTIONS" && headers.origin !== undefined && "access-control-request-method" in headers;
}

