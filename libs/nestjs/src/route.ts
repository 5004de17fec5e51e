import type { Type } from "@nestjs/common";
import type { RoutePolicy } from "@lacre/core";
import type { AnswerRule } from "@lacre/node";
import type { RouteRule } from "./route-rule.js";

/** One handler and all that its marks say. */
export interface Route {
  /** The class that Nest names as the handler's own. */
  readonly controller: Type;
  readonly handler: object;
  readonly rule: RouteRule;
  /** What its requests are held to, if anything asks. */
  readonly policy: RoutePolicy;
  readonly answers: AnswerRule;
  /** Whether a mark, or `globalGuard`, protects it, and no test has put something else in the place of that guard. */
  readonly isProtected: boolean;
  /** Whether anything of ours verifies its requests, be it a guard without a mark. */
  readonly isVerified: boolean;
  /** Whether another strategy of Passport may let in requests without signed credentials. */
  readonly hasAlternatives: boolean;
}
