import { ConfigurationError } from "../errors.js";
import { custom } from "../option-kinds.js";
import type { Option } from "../options.js";

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * The name of a scheme as an option: that of the format is the default. With names of their own, several of one format
 * can be enabled: `stripe-connect` beside `stripe`.
 */
export const schemeName = (usual: string): Option<string, string, "optional"> =>
  custom(readSchemeName, { default: usual, example: '"acme-webhooks"' });

/**
 * Checks the name of a scheme.
 * @param at where it stands
 * @throws ConfigurationError
 */
export function readSchemeName(name: string, at: string): string {
  if (typeof name !== "string" || !NAME.test(name))
    throw new ConfigurationError(
      at,
      "must be 1 to 64 letters in lower case, digits and hyphens, a letter first.",
      'Write name: "acme-webhooks", for example.',
    );
  return name;
}
