import type { SignerOptions } from "@lacre/core";
import { ConfigurationError } from "@lacre/core/portable";

/** Who calls, and how much is done for it beyond signing. The same for every HTTP library. */
export interface ClientOptions extends SignerOptions {
  /**
   * `"require"`: an answer that is not signed, or not rightly, is a `ResponseRefusal`. `"if-present"`: an answer that
   * is signed must be signed rightly, and one that is not is handed on; whoever can change answers can also take the
   * signature off. `"if-present"` unless said otherwise.
   */
  readonly verifyResponses?: "require" | "if-present";
  /**
   * How often a request is sent again when there was no answer, or 503: 2 unless said otherwise. Only what may run
   * twice: GET, HEAD, OPTIONS, PUT and DELETE, and whatever carries an `Idempotency-Key`. Each time it is signed anew.
   */
  readonly retries?: number;
  /** How many redirects are followed, each signed anew, none to another origin: 0 unless said otherwise. */
  readonly redirects?: number;
}

/**
 * Checks the options that are not the signer's.
 * @throws ConfigurationError
 */
export function readClientOptions({
  verifyResponses = "if-present",
  retries = 2,
  redirects = 0,
}: ClientOptions): Required<Pick<ClientOptions, "verifyResponses" | "retries" | "redirects">> {
  if (verifyResponses !== "require" && verifyResponses !== "if-present")
    throw new ConfigurationError(
      "verifyResponses",
      `${JSON.stringify(verifyResponses)} is not known.`,
      'Use "require" or "if-present".',
    );
  for (const [name, count] of Object.entries({ retries, redirects }))
    if (!Number.isSafeInteger(count) || count < 0 || count > 20)
      throw new ConfigurationError(name, `${count} will not do.`, "Give a whole number, 0 to 20.");
  return { verifyResponses, retries, redirects };
}
