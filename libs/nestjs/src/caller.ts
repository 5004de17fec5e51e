import type { ExecutionContext } from "@nestjs/common";
import { ConfigurationError, type Principal } from "@lacre/core";
import { attemptOf } from "@lacre/node";
import { requestOf } from "./graphql/request-of.js";
import { HMAC_ROUTE } from "./hmac.tokens.js";
import type { HmacRouteMetadata } from "./route-rule.js";
import { acrossBuilds } from "./across-builds.js";

/** Gates of apps in which a test has put something in the place of a guard. */
const gatesWithStandIns = acrossBuilds("stand-ins", () => new WeakSet<object>());

/** Whatever stands in for the guard says who calls as guards do, in `request.user`. */
export function noteStandIns(gate: object): void {
  gatesWithStandIns.add(gate);
}

/**
 * Who signed the request that a handler is given; undefined on a public route, and where another guard let it in.
 * @throws ConfigurationError where nothing was to find out
 */
export function callerOf(context: ExecutionContext): Principal | undefined {
  const request: { user?: unknown } | undefined = requestOf(context);
  if (request === undefined) return undefined;
  const attempt = attemptOf(request);
  if (attempt?.principal !== undefined) return attempt.principal;
  const { user } = request;
  if (attempt === undefined || gatesWithStandIns.has(attempt.owner)) return user as Principal;
  if (user === undefined && attempt.standing.kind === "unasked" && !isPublic(context))
    throw new ConfigurationError(
      `@HmacPrincipal() on ${context.getClass().name}.${context.getHandler().name}`,
      "stands on a route that nothing protects.",
      "Put @HmacProtected() on it, or @HmacPublic() where callers may be unknown.",
    );
  return undefined;
}

/** The method's mark, or else the class's. */
function isPublic(context: ExecutionContext): boolean {
  const marks = [context.getHandler(), context.getClass()].map(
    (target) => Reflect.getMetadata(HMAC_ROUTE, target) as HmacRouteMetadata | undefined,
  );
  return (marks[0] ?? marks[1])?.public === true;
}
