import { BlockList, isIP } from "node:net";
import { ConfigurationError, type Origins } from "@lacre/core";

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
  const list = new BlockList();
  for (const [i, proxy] of proxies.entries()) enter(list, proxy, `${at}[${i}]`);
  return (address = "") => {
    const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
  };
}

function enter(list: BlockList, proxy: string, at: string): void {
  // Number("") is 0, and a network of 0 bits is everybody.
  const [, address = "", bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(proxy) ?? [];
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  try {
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  } catch {
    throw new ConfigurationError(
      at,
      "must be an address or a network.",
      'Write "10.1.2.3" or "10.0.0.0/8".',
    );
  }
}
