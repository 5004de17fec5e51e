import ipaddr from "ipaddr.js";

/**
 * Whether an address is one of the public internet: neither private, loopback, link-local, shared (CGNAT), multicast,
 * reserved nor a form that hides an IPv4 address in an IPv6 one. What cannot be read is not public.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  // All that was ever given out to anybody: 2000::/3. RFC 4291 section 2.4
  return address.kind() === "ipv4" || address.match(ipaddr.parseCIDR("2000::/3"));
}
