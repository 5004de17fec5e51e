import type { IncomingMessage } from "node:http";
import { plainAddress } from "@lacre/core";

/**
 * The address that a request was sent from: the peer's. Where the peer is a trusted proxy, the last one in
 * `X-Forwarded-For` that is no trusted proxy, since each has put the address of its own peer at the end of that list; the
 * first where all are. Undefined where it is not known: behind a Unix socket, or where a trusted proxy names none.
 */
export function clientAddressOf(
  { socket, headers }: IncomingMessage,
  isTrustedProxy: (address: string | undefined) => boolean,
): string | undefined {
  // A server without sockets, such as that of a serverless adapter, has none.
  let address = plainAddress((socket as IncomingMessage["socket"] | undefined)?.remoteAddress);
  if (address === undefined || !isTrustedProxy(address)) return address;
  const hops = [headers["x-forwarded-for"] ?? ""].flat().join(",").split(",");
  for (const hop of hops.toReversed()) {
    address = plainAddress(withoutPort(hop.trim()));
    if (address === undefined || !isTrustedProxy(address)) return address;
  }
  return address;
}

/** Some proxies write the port of their peer as well. */
function withoutPort(hop: string): string {
  const [, ipv6, ipv4] = /^(?:\[(.*)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop) ?? [];
  return ipv6 ?? ipv4 ?? hop;
}
