/** The longest text of an address: eight groups, the last two of them as IPv4. */
const MAX_LENGTH = 45;
const IPV4 = /^(?:(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}$/;
/** The bits of each byte. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(2).padStart(8, "0"));
const GROUP = /^[0-9a-f]{1,4}$/i;
const MAPPED = "0".repeat(80) + "1".repeat(16);

/**
 * The bits of an address, as a text of 32 or 128 zeros and ones, so that a network is where it begins. Undefined where it
 * is no address. `::ffff:1.2.3.4` is 1.2.3.4.
 */
export function bitsOf(address: string): string | undefined {
  if (address.length > MAX_LENGTH) return undefined;
  if (!address.includes(":")) return ipv4Bits(address);
  const bits = ipv6Bits(address);
  return bits?.startsWith(MAPPED) === true ? bits.slice(MAPPED.length) : bits;
}

/** The address of these bits. Zeros at its end, as in that of a network, are in the short form. */
export function addressOf(bits: string): string {
  if (bits.length === 32) return numbersOf(bits, 8).join(".");
  const groups = numbersOf(bits, 16);
  const used = groups.findLastIndex((group) => group !== 0) + 1;
  const shown = groups.slice(0, used).map((group) => group.toString(16));
  return shown.join(":") + (used < groups.length ? "::" : "");
}

/** An address as logs and observers have it: without a zone, and as IPv4 where it is that. Undefined where it is none. */
export function plainAddress(text = ""): string | undefined {
  const unmapped = text.startsWith("::ffff:") ? text.slice(7) : text;
  if (IPV4.test(unmapped)) return unmapped; // nearly always
  const [address = ""] = text.split("%", 1); // fe80::1%eth0
  const bits = bitsOf(address);
  return bits?.length === 32 ? addressOf(bits) : bits && address.toLowerCase();
}

function numbersOf(bits: string, size: number): number[] {
  return Array.from({ length: bits.length / size }, (_, i) =>
    parseInt(bits.slice(i * size, (i + 1) * size), 2),
  );
}

function ipv4Bits(text: string): string | undefined {
  if (!IPV4.test(text)) return undefined;
  return text
    .split(".")
    .map((byte) => BYTES[Number(byte)])
    .join("");
}

/** RFC 4291 §2.2. */
function ipv6Bits(text: string): string | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left = "", right] = halves;
  const before = groupBits(left, right === undefined);
  const after = groupBits(right ?? "", true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 128 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 16) return undefined;
  return before + "0".repeat(missing) + after;
}

/** @param isEnd whether the last of them may be written as IPv4 */
function groupBits(text: string, isEnd: boolean): string | undefined {
  if (text === "") return "";
  const groups = text.split(":");
  let bits = "";
  for (const [i, group] of groups.entries()) {
    const asIpv4 = isEnd && i === groups.length - 1 ? ipv4Bits(group) : undefined;
    if (asIpv4 === undefined && !GROUP.test(group)) return undefined;
    bits += asIpv4 ?? parseInt(group, 16).toString(2).padStart(16, "0");
  }
  return bits;
}
