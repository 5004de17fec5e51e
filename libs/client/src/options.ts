import type { Clock, SignerOptions } from "@lacre/core";
import { ConfigurationError } from "@lacre/core/portable";

/** Who calls, and what is done beyond signing. The same for every HTTP library. */
export interface ClientOptions extends SignerOptions {
  /**
   * `"require"`: an answer without a valid signature is a `ResponseRefusal`. `"if-present"`: an answer that is signed
   * must be signed correctly, any other is accepted; whoever can change answers can also remove the signature.
   * Default: `"if-present"`.
   */
  readonly verifyResponses?: "require" | "if-present";
  /**
   * How often a request is sent again after no answer, or after 503: 0 to 20. Default: 2. Only what may run twice: GET,
   * HEAD, OPTIONS, PUT, DELETE, and whatever carries an `Idempotency-Key`. Each attempt is signed anew.
   */
  readonly retries?: number;
  /** How many redirects are followed, each signed anew, none to another origin: 0 to 20. Default: 0. */
  readonly redirects?: number;
}

/** What a client keeps of its options: checked, with defaults, and without the key. */
export interface ClientSettings {
  readonly clock: Clock;
  readonly verifyResponses: "require" | "if-present";
  readonly retries: number;
  readonly redirects: number;
}

/** Every option of the signer; the type fails where one is missing. */
const SIGNER: Readonly<Record<keyof SignerOptions, true>> = {
  appId: true,
  apiKey: true,
  encoding: true,
  algorithm: true,
  scheme: true,
  clock: true,
};
/** Every option that is not the signer's. */
const CLIENT: Readonly<Record<Exclude<keyof ClientOptions, keyof SignerOptions>, true>> = {
  verifyResponses: true,
  retries: true,
  redirects: true,
};

/**
 * Separates the options of the signer from the others, and checks the others.
 * @param of what takes them, for messages
 * @param others further options of it, read elsewhere
 * @throws ConfigurationError for a name that is not an option, and for a value out of its range
 */
export function readClientOptions(
  options: ClientOptions,
  of: string,
  others: readonly string[] = [],
): { readonly signer: SignerOptions; readonly settings: ClientSettings } {
  const { verifyResponses = "if-present", retries = 2, redirects = 0, ...signer } = options;
  refuseUnknown(options, of, others);
  if (verifyResponses !== "require" && verifyResponses !== "if-present")
    throw new ConfigurationError(
      "verifyResponses",
      'must be "require" or "if-present".',
      'Leave it out for "if-present".',
    );
  for (const [name, count] of Object.entries({ retries, redirects }))
    if (!Number.isSafeInteger(count) || count < 0 || count > 20)
      throw new ConfigurationError(name, "must be a whole number from 0 to 20.", "Correct it.");
  const { clock = { nowMs: () => Date.now() } } = options;
  return { signer, settings: { clock, verifyResponses, retries, redirects } };
}

function refuseUnknown(options: ClientOptions, of: string, others: readonly string[]): void {
  const known = Object.keys({ ...SIGNER, ...CLIENT });
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      stranger,
      `is not an option of ${of}.`,
      `Options: ${[...known, ...others].join(", ")}.`,
    );
}
