import { BlockList, isIP } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "../errors.js";
import { plainAddress } from "../http/ip-address.js";
import { Networks, readNetworks } from "./networks.js";

const of = (...list: string[]): Networks => Networks.of(list, "networks");
const messageOf = (list: unknown): string => {
  try {
    readNetworks(list as string[], "networks");
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(list)} was taken`);
};

/** Numbers that look random, and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let at = seed; ; at = (at * 48_271) % 2_147_483_647) yield at;
}

describe("Networks", () => {
  it.each([
    ["10.0.0.0/8", "10.255.255.255", "11.0.0.0"],
    ["10.0.0.0/8", "10.0.0.0", "9.255.255.255"],
    ["203.0.113.7", "203.0.113.7", "203.0.113.8"],
    ["203.0.113.6/31", "203.0.113.7", "203.0.113.8"],
    ["2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"],
    ["2001:db8::/32", "2001:0DB8:0:0:0:0:0:1", "::2001:db8"],
    ["2001:db8::7", "2001:db8:0::0:7", "2001:db8::8"],
    ["::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"],
    ["10.1.2.3", "::ffff:10.1.2.3", "::10.1.2.3"],
    ["10.1.2.3", "::ffff:a01:203", "::fffe:a01:203"],
    ["0.0.0.0/0", "203.0.113.7", "2001:db8::1"],
    ["::/0", "2001:db8::1", "203.0.113.7"],
    ["::/0", "::", "::ffff:203.0.113.7"],
  ])("%s has %s, and not %s", (network, inside, outside) => {
    expect([of(network).has(inside), of(network).has(outside)]).toEqual([true, false]);
  });

  it("has nothing that is not known, and nothing that is no address", () => {
    const all = of("0.0.0.0/0", "::/0");
    for (const strange of [
      undefined,
      "",
      "nonsense",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      "1.2.3.256",
      "1.2.3.4 ",
      " 1.2.3.4",
      "1.2.3.4/32",
      "0x1.2.3.4",
      "١.2.3.4",
      "::1::",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "12345::",
      "1.2.3.4::",
      "::1.2.3",
      "g::",
      "1.2.3.4:80",
    ])
      // oxfmt-ignore
      expect([strange, all.has(strange)]).toEqual([strange, false]);
  });

  it("takes for addresses, and for members, what Node does", () => {
    const next = numbers(20_261_130);
    const upTo = (most: number): number => next.next().value % most;
    const pick = (from: readonly string[]): string => from[upTo(from.length)] as string;
    const group = () => pick(["0", "00", "ffff", "FfFf", "1", "db8", "10000", "", "7f00", "g"]);
    const byte = () => pick(["0", "1", "10", "127", "255", "256", "01", "", "192"]);
    const ipv4 = () => Array.from({ length: 4 - (upTo(20) === 0 ? 1 : 0) }, byte).join(".");
    const ipv6 = () => {
      const groups = Array.from({ length: upTo(9) + 1 }, group);
      if (upTo(3) === 0) groups[groups.length - 1] = ipv4();
      if (upTo(2) === 0) groups.splice(upTo(groups.length), upTo(8), upTo(2) === 0 ? "" : ":");
      return groups.join(":");
    };
    let members = 0;
    let addresses = 0;
    for (let i = 0; i < 40_000; i++) {
      const text = upTo(2) === 0 ? ipv4() : ipv6();
      expect([text, plainAddress(text) !== undefined]).toEqual([text, isIP(text) !== 0]);
      if (isIP(text) === 0) continue;
      addresses += 1;
      const isMapped = isIP(text) === 6 && isIP(plainAddress(text) ?? "") === 4;
      if (isMapped) continue; // Node's list keeps the two apart
      const [base, bits] = pick(["0.0.0.0/0", "127.0.0.0/8", "10.0.0.0/7", "::/0", "::/16", "db8::/29", "ffff:fffe::/31"]).split("/") as [string, string]; // oxfmt-ignore
      const list = new BlockList();
      list.addSubnet(base, Number(bits), isIP(base) === 6 ? "ipv6" : "ipv4");
      const isMember =
        isIP(base) === isIP(text) && list.check(text, isIP(text) === 6 ? "ipv6" : "ipv4");
      expect([text, base, of(`${base}/${bits}`).has(text)]).toEqual([text, base, isMember]);
      if (isMember) members += 1;
    }
    expect(addresses).toBeGreaterThan(4_000);
    expect(members).toBeGreaterThan(500);
  });

  it.each<[unknown, string]>([
    [["10.1.2.3/8"], 'Write "10.0.0.0/8" for the network, or "10.1.2.3" for the one address.'],
    [["0.0.0.1/0"], 'Write "0.0.0.0/0" for the network'],
    [["203.0.113.7/31"], 'Write "203.0.113.6/31" for the network'],
    [["2001:db8::1/32"], 'Write "2001:db8::/32" for the network, or "2001:db8:0:0:0:0:0:1"'],
    [["1:2:3:4:5:6:7:9/127"], 'Write "1:2:3:4:5:6:7:8/127" for the network'],
    [["::ffff:10.1.2.3/104"], 'Write "10.0.0.0/8" for the network'],
    [["10.0.0.0/33"], "networks[0]: has another length"],
    [["::/129"], "networks[0]: has another length"],
    [["::ffff:10.0.0.0/8"], "networks[0]: has another length"],
    [["127.0.0.1", "10.0.0.0/"], "networks[1]: must be an address or a network."],
    [["10.0.0.0/08"], "must be an address or a network."],
    [["10.0.0.0/-1"], "must be an address or a network."],
    [["10/8"], "must be an address or a network."],
    [["/8"], "must be an address or a network."],
    [["fe80::1%eth0"], "must be an address or a network."],
    [["localhost"], "must be an address or a network."],
    [[""], "must be an address or a network."],
    [[7], "must be an address or a network."],
    [[null], "must be an address or a network."],
    ["10.0.0.0/8", "must be a list."],
    [{}, "must be a list."],
    [[], "networks: is empty."],
  ])("refuses %j", (list, words) => {
    expect(messageOf(list)).toContain(words);
  });
});

describe("plainAddress", () => {
  it("has one spelling for what is IPv4, and no zone", () => {
    expect(
      ["::ffff:1.2.3.4", "::FFFF:102:304", "1.2.3.4", "fe80::1%eth0", "2001:DB8::1", "x", undefined].map(plainAddress), // oxfmt-ignore
    ).toEqual(["1.2.3.4", "1.2.3.4", "1.2.3.4", "fe80::1", "2001:db8::1", undefined, undefined]);
  });
});
