import { type ExecutionContext, Injectable } from "@nestjs/common";
import { attemptOf } from "@lacre/node";
import { requestOf } from "./graphql/request-of.js";
import { HmacGuard } from "./hmac.guard.js";

/** What `globalGuard` asks of every route that is not public. A test may put something else in its place. */
@Injectable()
export class HmacGlobalGuard extends HmacGuard {}

/**
 * Runs before the guards of every controller: tells each request the rule of its route, for those who ask without
 * naming one, and has HmacGlobalGuard asked where the app is protected as a whole.
 */
@Injectable()
export class HmacAppGuard extends HmacGuard {
  #global: HmacGuard | undefined;

  override canActivate(context: ExecutionContext): true | Promise<true> {
    const route = this.routeOf(context);
    const attempt = attemptOf(requestOf(context) ?? {});
    if (attempt !== undefined && context.getType() === "http") {
      attempt.route = route.policy;
      attempt.answerRule = route.answers;
      attempt.hasAlternatives = route.hasAlternatives;
    } else if (attempt !== undefined) attempt.isShared = true;
    const isOpened = typeof route.rule === "object" && !route.isProtected; // by a test
    const guardsIt = this.parts().table.guardsAll && route.rule !== "public" && !isOpened;
    return guardsIt ? (this.#global ??= this.#find()).canActivate(context) : true;
  }

  /** It is both a guard and a provider of the module, so that either kind of override finds it. */
  #find(): HmacGuard {
    const guards = this.moduleRef.get(HmacGlobalGuard, { strict: false, each: true });
    return guards.find((guard) => !(guard instanceof HmacGlobalGuard)) ?? (guards[0] as HmacGuard);
  }
}
