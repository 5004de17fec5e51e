import { ConfigurationError, Networks, plainAddress, type Origins } from "@lacre/core";

/**
 * Reads the addresses and networks of proxies. The answer says of a peer's address whether it is among them.
 * @throws ConfigurationError
 */
export function readTrustedProxies(
  proxies: readonly string[],
  origins: Origins,
  at = "trustedProxies",
): (address: string | undefined) => boolean {
  if (proxies.length === 0) return () => false;
  if (origins.any)
    throw new ConfigurationError(
      at,
      'may choose among configured origins only, and origins is "*".',
      "List the origins.",
    );
  const networks = Networks.of(proxies, at);
  return (address) => networks.has(plainAddress(address));
}
