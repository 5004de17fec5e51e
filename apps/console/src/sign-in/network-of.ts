import ipaddr from "ipaddr.js";

/** How much of an address one customer of a provider usually has. */
const BITS = { ipv4: 24, ipv6: 56 } as const;

/** The network that an address is in, as CIDR: what is counted together. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return "nowhere";
  const read = ipaddr.process(address);
  const bits = BITS[read.kind()];
  const of = read.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  const first = of.networkAddressFromCIDR(`${read.toString().replace(/%.*$/, "")}/${bits}`);
  return `${first.toString()}/${bits}`;
}
