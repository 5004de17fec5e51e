import type { MacAlgorithm } from "./algorithms.js";
import { ConfigurationError } from "../errors.js";

/**
 * The algorithm of a key of a scheme. Unless one is given it is SHA-256, or the only one that the scheme has.
 * @throws ConfigurationError for one that the scheme does not take, and where one of several must be said
 */
export function readKeyAlgorithm(
  given: MacAlgorithm | undefined,
  {
    name,
    keyAlgorithms,
  }: { readonly name: string; readonly keyAlgorithms: readonly MacAlgorithm[] },
  at = "algorithm",
): MacAlgorithm {
  const [first, ...others] = keyAlgorithms;
  const usual = others.length === 0 ? first : "sha256";
  const algorithm = given ?? usual;
  if (algorithm !== undefined && keyAlgorithms.includes(algorithm)) return algorithm;
  throw new ConfigurationError(
    at,
    given === undefined
      ? `is missing, and ${name} has no usual one.`
      : `${name} does not work with this algorithm.`,
    `Use one of ${keyAlgorithms.join(", ")}.`,
  );
}
