import { ConfigurationError } from "@lacre/core/portable";

/**
 * Refuses an environment that lacks something, before the first call fails with words that do not say so.
 * @param of what needs it, for messages
 * @param needed globals, or members of globals: `"URL.canParse"`
 * @throws ConfigurationError that names all that is missing
 */
export function refuseBareGround(of: string, needed: readonly string[]): void {
  const missing = [...new Set(needed)].filter((path) => valueAt(path) === undefined);
  if (missing.length === 0) return;
  throw new ConfigurationError(
    of,
    `needs ${missing.join(", ")}, which this environment does not have.`,
    cureFor(missing),
  );
}

const valueAt = (path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], globalThis);

function cureFor(missing: readonly string[]): string {
  const { isSecureContext, navigator } = globalThis as {
    isSecureContext?: boolean;
    navigator?: { product?: string };
  };
  if (isSecureContext === false && missing.every((path) => path.startsWith("crypto.")))
    return "Browsers have it on https:// pages and on localhost alone.";
  if (navigator?.product === "ReactNative")
    return "Load a polyfill of each first, such as react-native-quick-crypto and react-native-url-polyfill.";
  return "In jest-environment-jsdom, give the page those of Node; elsewhere, load a polyfill first.";
}
