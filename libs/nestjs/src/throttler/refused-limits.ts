import type { ThrottlerOptions } from "@nestjs/throttler";
import { ConfigurationError, LIMIT_NAMES, lineOf } from "@lacre/core";
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
  for (const each of own) checkNumbers(each);
  const limits = (own.length > 0 ? own : throttlers).flatMap((each) => limitOf(each, common));
  if (throttlers.length > 0 && limits.length === 0)
    throw new ConfigurationError(
      "ThrottlerModule",
      "has no limit for refused requests: they are counted before a route is known, and its limits are functions, or limit nothing.",
      `Add { name: "${REFUSED}", limit: 30, ttl: 60_000 } to its throttlers.`,
    );
  return limits;
}

/** What would start and never limit anything. */
function checkNumbers(found: ThrottlerOptions): void {
  const { limit, ttl, blockDuration = ttl } = numbersIn(found);
  const right = { limit: isCount(limit), ttl: isTime(ttl), blockDuration: isBlock(blockDuration) };
  const wrong = (["limit", "ttl", "blockDuration"] as const).find((name) => !right[name]);
  if (wrong === undefined) return;
  const isFunction = typeof found[wrong] === "function";
  throw new ConfigurationError(
    `ThrottlerModule: ${REFUSED}.${wrong}`,
    isFunction
      ? "is a function, and is asked before a route is known: there is no limit for refused requests."
      : `is ${lineOf(String(found[wrong]))}, which limits nothing.`,
    `Use ${wrong === "limit" ? "a whole number of at least 1" : "milliseconds, at least 1"}, as in { name: "${REFUSED}", limit: 30, ttl: 60_000 }.`,
  );
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1;
const isTime = (value: unknown): value is number => Number.isFinite(value) && Number(value) >= 1;
const isBlock = (value: unknown): value is number => value === 0 || isTime(value);

/** Texts too, as the library takes them: they may come from the environment. */
const numbersIn = ({ limit, ttl, blockDuration }: ThrottlerOptions) => ({
  limit: numberOf(limit),
  ttl: numberOf(ttl),
  blockDuration: numberOf(blockDuration),
});
const numberOf = (value: unknown): unknown =>
  typeof value === "string" && value.trim() !== "" ? Number(value) : value;

function limitOf(
  throttler: ThrottlerOptions,
  common: Pick<ThrottlerOptions, "getTracker">,
): RefusedLimit[] {
  const { name = "default", getTracker } = throttler;
  const { limit, ttl, blockDuration } = numbersIn(throttler);
  const tracker = getTracker ?? common.getTracker;
  if (!isCount(limit) || !isTime(ttl) || tracker === undefined) return [];
  const blockMs = isBlock(blockDuration) ? blockDuration : ttl;
  return [{ name, limit, ttlMs: ttl, blockMs, getTracker: tracker }];
}
