import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { OPTIONS as ALL } from "../body-signature/options.js";
import { preset, standard, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timed("svix"), onceBy: ALL.onceBy };

/** Who sends, and for how long messages are good. */
export interface SvixOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Svix, and those who send through it under its names, such as Clerk and Resend (`svix-id`, `svix-timestamp`,
 * `svix-signature`). Otherwise as Standard Webhooks. A key is the endpoint's signing secret, `whsec_…`: encoding
 * `whsec`.
 *
 * Waits 15 seconds; what is not answered 2xx comes again after 5 seconds, 5 and 30 minutes, 2, 5, 10 and 10 hours,
 * with its id and a new time.
 * @throws ConfigurationError
 * @see https://docs.svix.com/receiving/verifying-payloads/how
 */
export const svix = (options: SvixOptions): Scheme =>
  preset("svix", OPTIONS, options, standard("svix"));
