import { ConfigurationError } from "../errors.js";
import { TARGET } from "./receive.js";

/**
 * Checks a path prefix that a proxy strips.
 * @throws ConfigurationError
 */
export function readPathPrefix(prefix: unknown): string {
  if (prefix === undefined || prefix === "") return "";
  if (
    typeof prefix !== "string" ||
    !TARGET.test(prefix) ||
    prefix.endsWith("/") ||
    prefix.includes("?")
  )
    throw new ConfigurationError(
      "pathPrefix",
      "is not a path prefix.",
      'Write what the proxy strips, beginning with "/" and without a "/" at its end: "/api".',
    );
  return prefix;
}
