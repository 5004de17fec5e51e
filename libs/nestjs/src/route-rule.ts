import { RequestMethod, type Type } from "@nestjs/common";
import { ConfigurationError, type RoutePolicy } from "@lacre/core";
import { readRoute, type RouteDefaults, type RouteOptions } from "@lacre/node";
import { HMAC_ROUTE } from "./hmac.tokens.js";

/**
 * What a route asks for beyond the minimum of the protocol. The scopes and signed headers of a method are added to those
 * of its class; all other options of a method come before those of its class.
 */
export type HmacRouteOptions = RouteOptions;

/** The metadata that the decorators leave. */
export type HmacRouteMetadata =
  | { readonly public: true }
  | { readonly public: false; readonly options: HmacRouteOptions };

/** A route's place in the app's protection: unmarked, public, or protected under rules. */
export type RouteRule = "unmarked" | "public" | RoutePolicy;

/**
 * Reads the rule of one handler: the method's mark where it has one, else its class's; a method adds to and overrides
 * its class.
 * @throws ConfigurationError for rules that cannot be kept
 */
export function readRule(controller: Type, handler: object, defaults: RouteDefaults): RouteRule {
  const onMethod = Reflect.getMetadata(HMAC_ROUTE, handler) as HmacRouteMetadata | undefined;
  const onClass = Reflect.getMetadata(HMAC_ROUTE, controller) as HmacRouteMetadata | undefined;
  const nearest = onMethod ?? onClass;
  if (nearest === undefined) return "unmarked";
  if (nearest.public) return "public";
  const outer = onClass === undefined || onClass.public ? {} : onClass.options;
  const inner = onMethod === undefined || onMethod.public ? {} : onMethod.options;
  const where = `@HmacProtected on ${controller.name}.${(handler as { name?: string }).name ?? "handler"}`;
  checkMethod(inner, handler, where);
  return readRoute(
    {
      ...outer,
      ...inner,
      ...added("scopes", outer, inner),
      ...added("signedHeaders", outer, inner),
    },
    where,
    defaults,
  );
}

/** Joins the list of the class and that of the method. A value that is not a list is left to its check, which refuses it. */
function added(
  name: "scopes" | "signedHeaders",
  outer: HmacRouteOptions,
  inner: HmacRouteOptions,
): HmacRouteOptions {
  const [ofClass = [], ofMethod = []]: unknown[] = [outer[name], inner[name]];
  if (!Array.isArray(ofClass)) return { [name]: ofClass };
  return { [name]: Array.isArray(ofMethod) ? [...ofClass, ...ofMethod] : ofMethod };
}

/** A mark of its own that a route could never keep. A class's is for those of its methods that can. */
function checkMethod({ presigned }: HmacRouteOptions, handler: object, where: string): void {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (presigned === undefined || method === undefined || MAY_BE_GET.includes(method)) return;
  throw new ConfigurationError(
    `${where}: presigned`,
    "stands on a route that is neither GET nor HEAD.",
    "A presigned URL is for these two; take the option away.",
  );
}

/** The key under which Nest's @Get() and its kin leave the method. */
const METHOD_METADATA = "method";
const MAY_BE_GET: readonly RequestMethod[] = [
  RequestMethod.GET,
  RequestMethod.HEAD,
  RequestMethod.ALL,
];
