/** The validated options of the module. */
export const HMAC_SETTINGS = Symbol.for("lacre.hmac.settings");

/** The Hmac service of the app, for those who verify outside a guard. */
export const HMAC_SERVICE = Symbol.for("lacre.hmac.service");

/** Metadata of a route: its rules, or that it is public. */
export const HMAC_ROUTE = Symbol.for("lacre.hmac.route");
