import { Inject, Injectable } from "@nestjs/common";
import { PassportStrategy } from "@nestjs/passport";
import type { Principal, RoutePolicy } from "@lacre/core";
import passport from "passport";
import { Strategy } from "passport-custom";
import { attemptOf } from "./attempt.js";
import { HmacService } from "./hmac.service.js";

const NAME = "hmac";

/** Which app's strategy a request belongs to. */
const strategies = new WeakMap<object, HmacStrategy>();

/**
 * Passport's own registry is one for the whole process and knows a strategy by its name alone. So what is registered
 * there is this, which hands each request to the strategy of the app that it arrived in.
 */
const dispatcher = new Strategy((request, done) => {
  const attempt = attemptOf(request);
  const strategy = attempt && strategies.get(attempt.owner);
  if (strategy === undefined)
    return done(new Error("this request did not arrive in an app with HmacModule"));
  strategy.validate(request).then(
    (principal) => done(null, principal),
    (error: unknown) => done(error),
  );
});

/** Reads the header and authenticates the request: `AuthGuard("hmac")` and `HmacGuard` both call `validate`. */
@Injectable()
export class HmacStrategy extends PassportStrategy(Strategy, NAME) {
  readonly #service: HmacService;

  constructor(@Inject(HmacService) service: HmacService) {
    super();
    this.#service = service;
    strategies.set(service, this);
  }

  /**
   * The principal of a request of Express or Fastify.
   * @param route the rule that it is held against; that of the route that Nest has chosen unless given, and before that
   *   the module's own. It may ask for no older requests than some route of the app does.
   * @throws HmacException 401, 403, 413 or 503
   */
  async validate(request: object, route?: RoutePolicy): Promise<Principal> {
    const attempt = attemptOf(request);
    if (attempt?.owner !== this.#service)
      throw new Error("this request did not arrive in this app");
    return this.#service.verify(attempt, route ?? attempt.route);
  }

  getPassportInstance(): { use(name: string): void } {
    return { use: (name) => passport.use(name, dispatcher) };
  }
}
