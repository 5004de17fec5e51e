import { readApiKey, type KeyEncoding } from "@lacre/core";
import { Problem } from "../problems/problem.js";
import type { KeyScheme } from "./schemes.js";

/**
 * Reads the secret that a sender gave, as a verifying service will, and says what is wrong with it in the words of who
 * imports it: they have no options of a format.
 * @throws Problem `invalid-input`
 */
export function checkSecret(
  given: string,
  encoding: KeyEncoding,
  scheme: KeyScheme | undefined,
): void {
  const length = scheme?.rules.keyLength;
  const cure = scheme?.cureShort ?? "Copy it from the sender again, whole, and check its encoding.";
  try {
    readApiKey(given, encoding, length && { ...length, cureShort: () => cure });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // not a fault of the key
    const { message, cure: mended = "" } = error as RangeError & { readonly cure?: string };
    const problem = `${message} ${mended}`.trim();
    throw new Problem("invalid-input", { faults: [{ at: "body.secret", problem }] });
  }
}
