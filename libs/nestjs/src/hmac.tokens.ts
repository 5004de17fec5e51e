/** The validated options of the module. */
export const HMAC_SETTINGS = Symbol.for("lacre.hmac.settings");

/** Metadata of a route: its rules, or that it is public. */
export const HMAC_ROUTE = Symbol.for("lacre.hmac.route");
