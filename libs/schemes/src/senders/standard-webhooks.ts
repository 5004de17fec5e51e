import { type OptionsOf, type Scheme, text } from "@lacre/core/scheme";
import { OPTIONS as ALL } from "../body-signature/options.js";
import { preset, standard, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timed("standard-webhooks"),
  /** What the names of the three headers begin with: `webhook` unless given. Svix says `svix`. */
  headerPrefix: text({
    pattern: /^[a-z][a-z0-9-]{0,31}$/i,
    as: "1 to 32 letters, digits and hyphens, a letter first",
    example: "svix",
    default: "webhook",
  }),
  onceBy: ALL.onceBy,
};

/** Who sends, and for how long messages are good. */
export interface StandardWebhooksOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Standard Webhooks, symmetric signatures (`v1`). Others (`v1a`) are skipped. Keys are `whsec_…`: encoding `whsec`.
 * @throws ConfigurationError
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooks = (options: StandardWebhooksOptions): Scheme =>
  preset("standardWebhooks", OPTIONS, options, ({ headerPrefix }) => standard(headerPrefix));
