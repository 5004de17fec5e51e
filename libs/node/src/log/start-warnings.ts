import { rivalsAmong, type SafeLogger } from "@lacre/core";
import type { GateRules, GateSettings } from "../gate-settings.js";
import { closedRoutes } from "./closed-routes.js";

/** Says at the start what an operator should know of a configuration that works. */
export function warnAtStart(settings: GateSettings, rules: GateRules, logger: SafeLogger): void {
  for (const { name, weaknesses = [] } of settings.schemes)
    if (weaknesses.length > 0)
      logger.warn(
        `the scheme ${name} is weak. ${weaknesses.join(" ")} Once that is known to be all right, silence this: acknowledgeWeakness: true in the options of a scheme that has it, no weaknesses in one of your own.`,
      );
  warnOfRivals(settings, rules, logger);
  for (const warning of closedRoutes(settings, rules)) logger.warn(warning);
  if (process.env.NODE_ENV === "production" && settings.nonces.isShared !== true)
    logger.warn(
      "nonces are remembered by this process alone: with another one, a request could run in each. Give nonces a store that all of them share, or run one.",
    );
}

/** A route that takes two schemes which read one header takes no request of either. */
function warnOfRivals({ schemes }: GateSettings, rules: GateRules, logger: SafeLogger): void {
  const lists = new Map(rules.policies.map((policy) => [policy.schemes.join(", "), policy]));
  for (const [list, policy] of lists) {
    const rivals = rivalsAmong(schemes.filter(({ name }) => policy.schemes.includes(name)));
    if (rivals === undefined) continue;
    const [one, other] = rivals;
    logger.warn(
      `a route takes the schemes ${list}, of which ${one.name} and ${other.name} read the same credentials: their requests are refused as credentials-repeated. Give each a route of its own.`,
    );
  }
}
