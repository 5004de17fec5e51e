import type { ThrottlerOptions } from "@nestjs/throttler";
import { ConfigurationError, LIMIT_NAMES } from "@lacre/core";
import type { RefusedLimit } from "./address-turnstile.js";

/** The name of the throttler that counts refused requests, and nothing else. */
export const REFUSED = "refused";

/**
 * How many refused requests may come from one address: what the throttler called `refused` says, or all of them where
 * there is none. They are asked before a route is known, so their limits are numbers.
 * @param common what holds for throttlers that say nothing else
 * @throws ConfigurationError
 */
export function refusedLimitsOf(
  throttlers: readonly ThrottlerOptions[],
  common: Pick<ThrottlerOptions, "getTracker">,
): readonly RefusedLimit[] {
  const taken = LIMIT_NAMES.find((known) => throttlers.some(({ name }) => name === known));
  if (taken !== undefined)
    throw new ConfigurationError(
      "ThrottlerModule",
      `has a throttler called ${taken}, as limits of an app are.`,
      "Give it another name.",
    );
  const own = throttlers.filter(({ name }) => name === REFUSED);
  const limits = (own.length > 0 ? own : throttlers).flatMap((each) => limitOf(each, common));
  if (throttlers.length > 0 && limits.length === 0)
    throw new ConfigurationError(
      "ThrottlerModule",
      "has no limit for refused requests: they are counted before a route is known, and its limits are functions.",
      `Add { name: "${REFUSED}", limit: 30, ttl: 60_000 } to its throttlers.`,
    );
  return limits;
}

function limitOf(
  { name = "default", limit, ttl, blockDuration = ttl, getTracker }: ThrottlerOptions,
  common: Pick<ThrottlerOptions, "getTracker">,
): RefusedLimit[] {
  const tracker = getTracker ?? common.getTracker;
  if (typeof limit !== "number" || typeof ttl !== "number" || tracker === undefined) return [];
  const blockMs = typeof blockDuration === "number" ? blockDuration : ttl;
  return [{ name, limit, ttlMs: ttl, blockMs, getTracker: tracker }];
}
