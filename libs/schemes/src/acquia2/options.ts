import { type OptionsOf, schemeName, seconds, text } from "@lacre/core/scheme";

const DAY_SECONDS = 86_400;

export const OPTIONS = {
  /** The name by which keys and routes speak of it; `acquia2` unless given. */
  name: schemeName("acquia2"),
  /** The realm, as callers name it: `Pipet service`. */
  realm: text({
    pattern: /^[\x20-\x7e]{1,128}$/,
    as: "1 to 128 printable US-ASCII characters, before percent-encoding",
    example: "Pipet service",
    required: true,
  }),
  /** How old a request may be, in seconds; 900 unless given. */
  maxAge: seconds({ from: 1, to: DAY_SECONDS, default: 900 }),
  /** How far ahead of the server's clock a request may be, in seconds; as `maxAge` unless given. */
  futureSkew: seconds({ from: 0, to: DAY_SECONDS, says: "as maxAge" }),
};

/** Which provider this is. */
export interface Acquia2Options extends OptionsOf<typeof OPTIONS> {}
