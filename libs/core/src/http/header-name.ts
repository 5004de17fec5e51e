import { ConfigurationError } from "../errors.js";

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** What the protocol itself reads, or a proxy writes anew: no credentials can stand there. */
const TAKEN =
  /^(?:authorization|connection|content-.*|cookie|expect|host|proxy-.*|te|trailer|transfer-encoding|upgrade|x-forwarded-.*)$/;

/**
 * The name of a header that carries part of some credentials, in lower case.
 * @throws ConfigurationError
 */
export function readHeaderName(name: unknown, option: string): string {
  const lower = typeof name === "string" ? name.toLowerCase() : "";
  if (!NAME.test(lower))
    throw new ConfigurationError(option, "is not the name of a header.", 'Write "x-signature".');
  if (TAKEN.test(lower))
    throw new ConfigurationError(
      option,
      `${lower} has a meaning of its own.`,
      "Use a header that only the signature needs.",
    );
  return lower;
}
