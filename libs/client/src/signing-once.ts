import { ConfigurationError } from "@lacre/core/portable";

const SIGNING = new WeakSet<object>();

/** Notes that this signs what it sends; returns it. */
export function signs<T extends object>(what: T): T {
  SIGNING.add(what);
  return what;
}

/**
 * A second signature would replace the first, with a clock and repeats of its own.
 * @throws ConfigurationError for what signs already
 */
export function refuseSigning(what: object, option: string, cure: string): void {
  if (SIGNING.has(what))
    throw new ConfigurationError(option, "must be an instance that does not sign yet.", cure);
}
