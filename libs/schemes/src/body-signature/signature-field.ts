import {
  ConfigurationError,
  decodeStrictly,
  type DigestEncoding,
  MAC_BYTES,
  type MacAlgorithm,
  Refusal,
} from "@lacre/core/scheme";

const MAX_LENGTH = 4096;
const MAX_ITEMS = 16;
/** How the signature of a version that we do not know may look: `v1a,…`, `v0=…`. */
const OTHER_VERSION = /^[A-Za-z][A-Za-z0-9_-]{0,15}[=,:][\x21-\x7e]*$/;
/** What stands before a signature, or before the time beside it. */
export const PREFIX = /^[A-Za-z][A-Za-z0-9_-]{0,15}[=,:]$/;

/** How the header with the signature is written. */
export interface SignatureFieldOptions {
  readonly algorithm: MacAlgorithm;
  readonly encoding: DigestEncoding;
  readonly prefix: string;
  readonly separator: string | undefined;
  readonly timestampPrefix: string | undefined;
}

/** What the header says. */
export interface Signatures {
  /** At least one. */
  readonly macs: readonly [string, ...string[]];
  readonly timestamp: string | undefined;
}

/** The header that carries the signature: one, or a list in which a sender that changes its key has two. */
export class SignatureField {
  readonly #options: SignatureFieldOptions;
  readonly #isMac: (text: string) => boolean;

  /** @throws ConfigurationError */
  constructor(options: SignatureFieldOptions, at: string) {
    const { prefix, separator, timestampPrefix, encoding, algorithm } = options;
    const fail = (name: string, problem: string, cure: string): never => {
      throw new ConfigurationError(`${at}.${name}`, problem, cure);
    };
    if (separator !== undefined && (prefix === "" || prefix.includes(separator)))
      fail("prefix", "must tell signatures in a list apart.", 'Give "v1=", for example.');
    if (timestampPrefix !== undefined && separator === undefined)
      fail("timestampPrefix", "needs a list of signatures.", 'Give separator: "," too.');
    if (timestampPrefix === prefix)
      fail("timestampPrefix", "must differ from the prefix of signatures.", "Give another.");
    this.#options = options;
    this.#isMac = macChecker(algorithm, encoding);
  }

  /** @throws Refusal `credentials-malformed`, `signature-malformed` */
  read(value: string): Signatures {
    const { separator, prefix, timestampPrefix } = this.#options;
    if (value.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
    const items = separator === undefined ? [value] : value.split(separator, MAX_ITEMS + 1);
    if (items.length > MAX_ITEMS) throw malformed(`more than ${MAX_ITEMS} signatures`);
    const macs: string[] = [];
    let timestamp: string | undefined;
    for (const item of items) {
      if (timestampPrefix !== undefined && item.startsWith(timestampPrefix)) {
        if (timestamp !== undefined) throw malformed("two timestamps");
        timestamp = item.slice(timestampPrefix.length);
      } else if (item.startsWith(prefix)) {
        const mac = item.slice(prefix.length);
        if (!this.#isMac(mac)) throw new Refusal("signature-malformed");
        macs.push(mac);
      } else if (separator === undefined || !OTHER_VERSION.test(item))
        throw malformed(`a signature must begin with ${prefix}`);
    }
    const [first, ...others] = macs;
    if (first === undefined) throw malformed(`no signature begins with ${prefix}`);
    if (timestampPrefix !== undefined && timestamp === undefined)
      throw malformed(`no timestamp begins with ${timestampPrefix}`);
    return { macs: [first, ...others], timestamp };
  }

  /** How many signatures it can hold. */
  get most(): number {
    if (this.#options.separator === undefined) return 1;
    return MAX_ITEMS - (this.#options.timestampPrefix === undefined ? 0 : 1);
  }

  write(macs: readonly string[], timestamp: string): string {
    const { separator = "", prefix, timestampPrefix } = this.#options;
    const time = timestampPrefix === undefined ? [] : [timestampPrefix + timestamp];
    return [...time, ...macs.map((mac) => prefix + mac)].join(separator);
  }
}

/** Whether a text is a MAC, in the one spelling that is taken. */
function macChecker(algorithm: MacAlgorithm, encoding: DigestEncoding): (text: string) => boolean {
  const bytes = MAC_BYTES[algorithm];
  const length = encoding === "hex" ? 2 * bytes : 4 * Math.ceil(bytes / 3);
  return (text) => text.length === length && decodeStrictly(text, encoding)?.length === bytes;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
