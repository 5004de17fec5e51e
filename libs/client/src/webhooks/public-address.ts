import { Networks } from "@lacre/core";

/** What was ever given out of IPv6. RFC 4291 section 2.4 */
const GIVEN_OUT = Networks.of(["2000::/3"], "GIVEN_OUT");

/** IANA's registries of special-purpose addresses, multicast, and what was reserved and never given out. */
const SPECIAL = Networks.of(
  [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
    ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"],
    ...["192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"],
    ...["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"],
    // Within 2000::/3: protocols (Teredo, ORCHID, benchmarks), documentation, 6to4, AS112.
    ...["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"],
  ],
  "SPECIAL",
);

/**
 * What looks like the public internet, and is a cloud's own: it answers the machines in that cloud alone. All other
 * addresses of that kind are in ranges that are not public, 169.254.0.0/16 first of all.
 */
const OF_CLOUDS = Networks.of(
  [
    "168.63.129.16", // Azure: its agents and DNS
    "161.26.0.0/16", // IBM: services for its machines
    "166.8.0.0/14", // IBM: private endpoints of its services
  ],
  "OF_CLOUDS",
);

const EVERY_IPV4 = Networks.of(["0.0.0.0/0"], "EVERY_IPV4");

/**
 * Whether an address is one of the public internet: neither private, loopback, link-local, shared (CGNAT), multicast,
 * reserved, a cloud's own, nor a form that hides an IPv4 address in an IPv6 one. What cannot be read is not public.
 */
export function isPublicAddress(text: string): boolean {
  // An IPv4 address in the form of IPv6 is one of IPv4 to `Networks`, and so none of those given out.
  const isGiven = text.includes(":") ? GIVEN_OUT.has(text) : EVERY_IPV4.has(text);
  return isGiven && !SPECIAL.has(text) && !OF_CLOUDS.has(text);
}
