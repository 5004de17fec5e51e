import { ConfigurationError } from "../errors.js";
import { headerName, list } from "../option-kinds.js";
import { isUnsignable } from "../scheme/signed-fields.js";

const NAMES = list(headerName("x-request-id"), {
  example: ["x-request-id"],
  default: [],
  repeats: true,
  shown: true,
});

/**
 * Tells of a header whether a sender signs it because its user names it.
 * @throws ConfigurationError for what is no list of names, and for a name that may not be signed
 */
export function readNamedHeaders(names: readonly string[] = []): (name: string) => boolean {
  const read = NAMES.read(names, "signedHeaders").map((name) => name.toLowerCase());
  const never = read.find(isUnsignable);
  if (never !== undefined)
    throw new ConfigurationError(
      "signedHeaders",
      `${never} may not be signed: proxies change it.`,
      "Take it out.",
    );
  return (name) => read.includes(name);
}
