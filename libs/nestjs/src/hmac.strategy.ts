import { Inject, Injectable } from "@nestjs/common";
import type { Principal, RoutePolicy } from "@lacre/core";
import { type Attempt, attemptOf, Gate, isUnsigned } from "@lacre/node";
import passport from "passport";
import custom from "passport-custom"; // not by name, which bundlers do not see in CommonJS
import type { HmacSettings } from "./hmac.options.js";
import { HMAC_SETTINGS } from "./hmac.tokens.js";
import {
  STRATEGY_NAME,
  watchPassportGuard,
  withoutArrival,
  withoutApps,
} from "./passport-guard.js";
import { RouteGuards } from "./route-guards.js";
import { acrossBuilds } from "./across-builds.js";

/** Which app's strategy a request belongs to, and whether there is any. */
const strategies = acrossBuilds("strategies", () => ({
  ofGates: new WeakMap<object, HmacStrategy>(),
  any: false,
}));

/**
 * Passport's own registry is one for the whole process and knows a strategy by its name alone. So what is registered
 * there is this, which hands each request to the strategy of the app that it arrived in.
 */
const dispatcher = new custom.Strategy((request, done) => {
  const attempt = attemptOf(request);
  const strategy = attempt && strategies.ofGates.get(attempt.owner);
  if (attempt === undefined || strategy === undefined)
    return done(strategies.any ? withoutArrival() : withoutApps());
  strategy.judgeFor(attempt).then(
    (principal) => done(null, principal ?? false), // Passport then asks the next strategy of the guard
    (error: unknown) => done(error),
  );
});
passport.use(STRATEGY_NAME, dispatcher);
void watchPassportGuard();

/** The one way to a principal: of `AuthGuard("hmac")`, of `HmacGuard`, and of middleware. */
@Injectable()
export class HmacStrategy {
  readonly #gate: Gate;
  readonly #settings: HmacSettings;
  readonly #guards: RouteGuards;

  constructor(
    @Inject(Gate) gate: Gate,
    @Inject(HMAC_SETTINGS) settings: HmacSettings,
    @Inject(RouteGuards) guards: RouteGuards,
  ) {
    this.#gate = gate;
    this.#settings = settings;
    this.#guards = guards;
    strategies.ofGates.set(gate, this);
    strategies.any = true;
  }

  /**
   * The principal of a request of Express or Fastify.
   * @param route the rule that it is held against; that of the route that Nest has chosen unless given, and before that
   *   the module's own. It may ask for no older requests than some route of the app does.
   * @throws HmacException 401, 403, 413 or 503
   */
  async validate(request: object, route?: RoutePolicy): Promise<Principal> {
    return this.admit(request, route);
  }

  /**
   * The same, and at once where nothing has to be waited for.
   * @throws HmacException, where it is refused at once
   */
  admit(request: object, route?: RoutePolicy): Principal | Promise<Principal> {
    const attempt = attemptOf(request);
    if (attempt?.owner !== this.#gate) throw new Error("this request did not arrive in this app");
    return this.#gate.admit(attempt, route ?? attempt.route);
  }

  /**
   * The principal of a request that Passport asks about; undefined where nothing is signed, and another strategy of its
   * guard may let the request in.
   * @throws HmacException
   */
  async judgeFor(attempt: Attempt): Promise<Principal | undefined> {
    const hasAlternatives = attempt.hasAlternatives || this.#guards.alternativesEverywhere;
    if (hasAlternatives && isUnsigned(attempt.request, this.#settings)) {
      const greeting = await this.#gate.contacts.greet(attempt, attempt.route);
      if (greeting === undefined) return undefined;
    }
    return this.admit(attempt.request);
  }
}
