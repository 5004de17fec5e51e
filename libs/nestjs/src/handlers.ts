import type { Type } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";
import { HMAC_ROUTE } from "./hmac.tokens.js";

/** A method that a rule may stand on, with the class that Nest will name as its own. */
export interface Handler {
  readonly controller: Type;
  readonly handler: object;
}

/** The methods of all controllers, their ancestors' too, and of other providers (such as resolvers) where they are marked. */
export function* handlersOf(discovery: DiscoveryService): Iterable<Handler> {
  for (const { metatype } of discovery.getControllers()) yield* methodsOf(metatype);
  for (const { metatype } of discovery.getProviders())
    for (const each of methodsOf(metatype))
      if (isMarked(each.controller) || isMarked(each.handler)) yield each;
}

const isMarked = (target: object): boolean => Reflect.hasMetadata(HMAC_ROUTE, target);

function* methodsOf(metatype: unknown): Iterable<Handler> {
  if (typeof metatype !== "function") return;
  const controller = metatype as Type;
  for (
    let level = controller.prototype as object | null | undefined;
    level !== null && level !== undefined && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  )
    for (const name of Object.getOwnPropertyNames(level)) {
      const method: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
      if (typeof method === "function" && name !== "constructor")
        yield { controller, handler: method };
    }
}
