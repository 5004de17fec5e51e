import ipaddr from "ipaddr.js";

/** Whether only this machine can reach it: a name or an address, with or without the brackets of a URL. */
export function isLoopback(host: string): boolean {
  const name = host.replaceAll(/^\[|\]$/g, "");
  if (name === "localhost") return true;
  return ipaddr.isValid(name) && ipaddr.process(name).range() === "loopback";
}

/** Whether a text is an address, or a network such as `10.0.0.0/8`. */
export const isNetwork = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text) || ipaddr.isValidCIDR(text);
