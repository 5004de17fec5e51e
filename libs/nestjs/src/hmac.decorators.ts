import {
  applyDecorators,
  createParamDecorator,
  SetMetadata,
  UseGuards,
  type ExecutionContext,
  type PipeTransform,
  type Type,
} from "@nestjs/common";
import { ConfigurationError, type Principal } from "@lacre/core";
import type { HmacSignedResponseOptions } from "./answers/answer-mark.js";
import { callerOf } from "./caller.js";
import { HmacGuard } from "./hmac.guard.js";
import { HMAC_ANSWER, HMAC_ROUTE } from "./hmac.tokens.js";
import type { HmacRouteMetadata, HmacRouteOptions } from "./route-rule.js";

/**
 * Lets only signed requests in, to a class or a method. A method's options add to and override its class's.
 *
 * @example
 * @HmacProtected({ scopes: ["orders:write"], signedHeaders: ["x-tenant"] })
 * @Post()
 * create(@Body() order: Order, @HmacPrincipal() caller: Principal) {}
 */
export function HmacProtected(options: HmacRouteOptions = {}): ClassDecorator & MethodDecorator {
  return applyDecorators(mark({ public: false, options }), UseGuards(HmacGuard));
}

/** Lets everybody in, where the class or the whole app is protected. */
export function HmacPublic(): ClassDecorator & MethodDecorator {
  return applyDecorators(mark({ public: true }));
}

/**
 * Signs the answers of a class or a method, so that the caller can check who made them and for which request
 * (docs/protocol.md section 11). A method's options add to and override its class's.
 *
 * @example
 * @HmacSignedResponse({ headers: ["x-total"] })
 */
export function HmacSignedResponse(
  options: HmacSignedResponseOptions = {},
): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(HMAC_ANSWER, options));
}

/** One mark for each class or method: of two, one would be without effect, its scopes included. */
function mark(metadata: HmacRouteMetadata): ClassDecorator & MethodDecorator {
  const set = SetMetadata(HMAC_ROUTE, metadata);
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const marked = (descriptor?.value ?? target) as { readonly name?: string };
    if (Reflect.hasOwnMetadata(HMAC_ROUTE, marked))
      throw new ConfigurationError(
        `@HmacProtected or @HmacPublic on ${marked.name || String(key ?? "a class")}`,
        "stands there twice.",
        "Leave one, with all options in it. A function that two classes share has one mark: give each its own.",
      );
    // As Nest's own decorators are called: with a class alone, or with all three.
    Reflect.apply(set, undefined, key === undefined ? [target] : [target, key, descriptor]);
  };
}

/**
 * Who signed the request, or one field of it. Undefined on a public route, and where another guard let the request in;
 * on a route that nothing protects the request fails with 500. Where a test has put something in the place of the guard,
 * what that left in `request.user`.
 *
 * @example
 * list(@HmacPrincipal("appId") appId: string) {}
 */
export const HmacPrincipal: PrincipalDecorator = createParamDecorator(
  (field: keyof Principal | undefined, context: ExecutionContext) => {
    const principal = callerOf(context);
    return field === undefined ? principal : principal?.[field];
  },
);

/** Spelled out, since what Nest 12 infers names a type that Nest 11 does not have. */
type PrincipalDecorator = (
  ...fieldOrPipes: (keyof Principal | Type<PipeTransform> | PipeTransform | undefined)[]
) => ParameterDecorator;
