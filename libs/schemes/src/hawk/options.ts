import { flag, type OptionsOf, schemeName, seconds } from "@lacre/core/scheme";

const DAY_SECONDS = 86_400;

export const OPTIONS = {
  /** The name by which keys and routes speak of it; `hawk` unless given. */
  name: schemeName("hawk"),
  /** How old a request may be, in seconds; 60 unless given. */
  maxAge: seconds({ from: 1, to: DAY_SECONDS, default: 60 }),
  /** How far ahead of the server's clock a request may be, in seconds; as `maxAge` unless given. */
  futureSkew: seconds({ from: 0, to: DAY_SECONDS, says: "as maxAge" }),
  /**
   * Takes URLs with a bewit that ends at most so many seconds from now. The route has to take presigned URLs for as
   * long. None are taken unless given.
   */
  presigned: seconds({ from: 1, to: DAY_SECONDS, says: "none taken" }),
  /** Takes content that no `hash` covers: whoever holds a request back can change it. False unless given. */
  allowUnsignedContent: flag({ default: false }),
  /**
   * Tells the time, under a MAC, to a caller whose MAC was right and whose time was not, so that its clock can be set.
   * True unless given.
   */
  tellTime: flag({ default: true }),
  /** Takes keys for HMAC-SHA1 too. Their payload hashes are SHA-1 as well. False unless given. */
  sha1: flag({ default: false }),
  /** The weaknesses are known: the module does not warn of them at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
};

/** How this server uses Hawk. */
export interface HawkOptions extends OptionsOf<typeof OPTIONS> {}
