import { ConfigurationError } from "../errors.js";
import { addressOf, bitsOf } from "../http/ip-address.js";
import { shown } from "../options.js";

const CURE = 'Write "10.1.2.3" or "10.0.0.0/8".';

/** Addresses and networks of IP, as a configuration writes them: `["10.0.0.0/8", "2001:db8::/32", "203.0.113.7"]`. */
export class Networks {
  readonly #networks: readonly Network[];

  private constructor(networks: readonly Network[]) {
    this.#networks = networks;
  }

  /** @throws ConfigurationError for what is neither an address nor a network, and for an address with the length of one */
  static of(list: readonly string[], at: string): Networks {
    if (!Array.isArray(list))
      throw new ConfigurationError(at, `is ${shown(list)}, and must be a list.`, CURE);
    return new Networks(list.map((text, i) => readNetwork(text, `${at}[${i}]`)));
  }

  /** Whether an address is among them. One that is not known, or is no address, is not. */
  has(address: string | undefined): boolean {
    const bits = address === undefined ? undefined : bitsOf(address);
    return (
      bits !== undefined &&
      this.#networks.some(({ size, prefix }) => bits.length === size && bits.startsWith(prefix))
    );
  }

  /** As they were written. */
  get texts(): readonly string[] {
    return this.#networks.map(({ text }) => text);
  }
}

interface Network {
  readonly text: string;
  /** 32 or 128 bits: an address of IPv4 is in no network of IPv6. */
  readonly size: number;
  /** The bits with which its addresses begin. */
  readonly prefix: string;
}

function readNetwork(text: unknown, at: string): Network {
  const written = typeof text === "string" ? text : "";
  const [, address = "", length] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(written) ?? [];
  const bits = bitsOf(address);
  if (bits === undefined)
    throw new ConfigurationError(at, "must be an address or a network.", CURE);
  const size = bits.length;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const unwritten = size === 32 && address.includes(":") ? 96 : 0;
  const kept = length === undefined ? size : Number(length) - unwritten;
  if (kept < 0 || kept > size)
    throw new ConfigurationError(at, "has another length than such a network can have.", CURE);
  const prefix = bits.slice(0, kept);
  const first = prefix.padEnd(size, "0");
  if (first !== bits)
    throw new ConfigurationError(
      at,
      `is the address ${addressOf(bits)} with the length of a network.`,
      `Write "${addressOf(first)}/${kept}" for the network, or "${addressOf(bits)}" for the one address.`,
    );
  return { text: written, size, prefix };
}

/**
 * Reads the networks of an app.
 * @throws ConfigurationError; also for an empty list, which would shut the app out
 */
export function readNetworks(networks: readonly string[], at: string): Networks {
  const read = Networks.of(networks, at);
  if (networks.length > 0) return read;
  throw new ConfigurationError(
    at,
    "is empty.",
    "Leave it out for an app that may send from any address; to shut an app out, revoke its keys.",
  );
}
