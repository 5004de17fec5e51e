/** The validated options of the module. */
export const HMAC_SETTINGS = Symbol.for("lacre.hmac.settings");

/** The time by which requests are judged: for tests, which may override it. */
export const HMAC_CLOCK = Symbol.for("lacre.hmac.clock");

/** The gate, the strategy, and the rules of all routes: for guards of whichever build of this package. */
export const HMAC_GATE = Symbol.for("lacre.hmac.gate");
export const HMAC_STRATEGY = Symbol.for("lacre.hmac.strategy");
export const HMAC_ROUTES = Symbol.for("lacre.hmac.routes");

/** Metadata of a route: its rules, or that it is public. */
export const HMAC_ROUTE = Symbol.for("lacre.hmac.route");

/** Metadata of a route: how its answers are signed. */
export const HMAC_ANSWER = Symbol.for("lacre.hmac.answer");
