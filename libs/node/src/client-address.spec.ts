import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { Origins } from "@lacre/core";
import { clientAddressOf } from "./client-address.js";
import { readTrustedProxies } from "./trusted-proxies.js";

const isTrusted = readTrustedProxies(
  ["10.0.0.0/8", "2001:db8:1::/48"],
  Origins.of(["https://a.test"]),
);

function addressOf(peer: string | undefined, forwarded?: string | string[]): string | undefined {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const request = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  return clientAddressOf(request, isTrusted);
}

describe("clientAddressOf", () => {
  it.each([
    ["203.0.113.7", undefined, "203.0.113.7"],
    ["::ffff:203.0.113.7", undefined, "203.0.113.7"],
    ["fe80::1%eth0", undefined, "fe80::1"],
    // A stranger writes what he likes.
    ["203.0.113.7", "10.1.1.1", "203.0.113.7"],
    ["203.0.113.7", "198.51.100.1", "203.0.113.7"],
    // A trusted proxy adds its peer at the end.
    ["10.1.1.1", "198.51.100.1", "198.51.100.1"],
    ["::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1"],
    ["2001:db8:1::1", "2001:DB8:2::1", "2001:db8:2::1"],
    ["10.1.1.1", "10.2.2.2, 198.51.100.1", "198.51.100.1"],
    ["10.1.1.1", "192.0.2.1,198.51.100.1", "198.51.100.1"],
    ["10.1.1.1", "192.0.2.1, 198.51.100.1, 10.2.2.2, 2001:db8:1::2", "198.51.100.1"],
    // Where all are trusted the first one sent it.
    ["10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"],
    // With its port.
    ["10.1.1.1", "198.51.100.1:4711", "198.51.100.1"],
    ["10.1.1.1", "[2001:db8:2::1]:4711", "2001:db8:2::1"],
    ["10.1.1.1", "[2001:db8:2::1]", "2001:db8:2::1"],
  ])("%s with %s is %s", (peer, forwarded, expected) => {
    expect(addressOf(peer, forwarded)).toBe(expected);
  });

  it.each([
    [undefined, "198.51.100.1"],
    ["", "198.51.100.1"],
    ["10.1.1.1", undefined],
    ["10.1.1.1", ""],
    ["10.1.1.1", "unknown"],
    ["10.1.1.1", "_hidden"],
    ["10.1.1.1", "198.51.100.1, "],
    ["10.1.1.1", "198.51.100.1, unknown"],
    ["10.1.1.1", "198.51.100.1, unknown, 10.2.2.2"],
    ["10.1.1.1", "198.51.100.1 192.0.2.1"],
    ["10.1.1.1", "198.51.100.1:x"],
  ])("of %s with %s it is not known", (peer, forwarded) => {
    expect(addressOf(peer, forwarded)).toBeUndefined();
  });

  it("reads several lines as one list, and knows nothing of a request without a socket", () => {
    expect(addressOf("10.1.1.1", ["192.0.2.1", "198.51.100.1, 10.2.2.2"])).toBe("198.51.100.1");
    expect(clientAddressOf({ headers: {} } as IncomingMessage, isTrusted)).toBeUndefined();
  });
});
