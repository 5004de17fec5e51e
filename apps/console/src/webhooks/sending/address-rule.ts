import ipaddr from "ipaddr.js";

/**
 * What looks like the public internet, and is a cloud's own: it answers the machines in that cloud alone. All other
 * addresses of that kind are in ranges that are not public, 169.254.0.0/16 first of all.
 */
const OF_CLOUDS = [
  "168.63.129.16/32", // Azure: its agents and DNS
  "161.26.0.0/16", // IBM: services for its machines
  "166.8.0.0/14", // IBM: private endpoints of its services
].map((network) => ipaddr.IPv4.parseCIDR(network));

/**
 * Whether an address is one of the public internet: neither private, loopback, link-local, shared (CGNAT), multicast,
 * reserved, a cloud's own, nor a form that hides an IPv4 address in an IPv6 one. What cannot be read is not public.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  // All that was ever given out to anybody: 2000::/3. RFC 4291 section 2.4
  return address instanceof ipaddr.IPv4
    ? !OF_CLOUDS.some((network) => address.match(network))
    : address.match(ipaddr.parseCIDR("2000::/3"));
}
