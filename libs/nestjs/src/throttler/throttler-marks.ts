import type { ExecutionContext } from "@nestjs/common";
import type { Reflector } from "@nestjs/core";
import type { ThrottlerOptions, ThrottlerRequest } from "@nestjs/throttler";

/** The keys under which `@Throttle()` and `@SkipThrottle()` leave what they say of each throttler. */
const [LIMIT, TTL, SKIP] = ["THROTTLER:LIMIT", "THROTTLER:TTL", "THROTTLER:SKIP"];

const said = (reflector: Reflector, key: string, context: ExecutionContext): unknown =>
  reflector.getAllAndOverride(key, [context.getHandler(), context.getClass()]);

/** Whether `@Throttle()` on the route or its class says something of this throttler. */
export function isOnRoute(
  reflector: Reflector,
  { throttler: { name = "default" }, context }: ThrottlerRequest,
): boolean {
  return [LIMIT, TTL].some((key) => said(reflector, `${key}${name}`, context) !== undefined);
}

/** Whether `@SkipThrottle()`, `skipIf` or the user agent leaves a throttler out, as the library finds it. */
export function isLeftOut(
  reflector: Reflector,
  throttler: ThrottlerOptions,
  common: Pick<ThrottlerOptions, "skipIf" | "ignoreUserAgents">,
  context: ExecutionContext,
  userAgent: string,
): boolean {
  const { name = "default", skipIf = common.skipIf } = throttler;
  const { ignoreUserAgents = common.ignoreUserAgents } = throttler;
  return (
    said(reflector, `${SKIP}${name}`, context) === true ||
    skipIf?.(context) === true ||
    (Array.isArray(ignoreUserAgents) && ignoreUserAgents.some((each) => each.test(userAgent)))
  );
}

/** Whether `@SkipThrottle()` leaves out a limit of apps: by its name, or as `@SkipThrottle()` alone does. */
export function isSkipped(reflector: Reflector, name: string, context: ExecutionContext): boolean {
  return [name, "default"].some((each) => said(reflector, `${SKIP}${each}`, context) === true);
}
