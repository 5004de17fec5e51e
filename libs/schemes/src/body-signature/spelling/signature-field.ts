import { ConfigurationError, type MacAlgorithm, Refusal } from "@lacre/core/scheme";
import { MAC_SPELLINGS, type MacEncoding, macLength, macReader } from "./mac-spelling.js";
import { TIME_SPELLINGS, type TimeFormat } from "./time-format.js";

const MAX_LENGTH = 4096;
const MAX_ITEMS = 16;
/** How a part that we do not know may look: `v1a,…`, `v0=…`. */
const OTHER_PART = /^[A-Za-z][A-Za-z0-9_-]{0,31}[=,:][\x21-\x7e]*$/;

/** How the text with the signature is written. */
export interface SignatureFieldOptions {
  readonly algorithm: MacAlgorithm;
  readonly encoding: MacEncoding;
  readonly prefix: string;
  readonly separator: string | undefined;
  readonly timestampPrefix: string | undefined;
  readonly timestampFormat: TimeFormat;
}

/** What it says. */
export interface Signatures {
  /** At least one, in the spelling in which they are compared. */
  readonly macs: readonly [string, ...string[]];
  readonly timestamp: string | undefined;
}

/** The text that carries the signature: one, or a list of parts in which a sender that changes its key has two. */
export class SignatureField {
  readonly #options: SignatureFieldOptions;
  readonly #macOf: (text: string) => string | undefined;

  /** @throws ConfigurationError */
  constructor(options: SignatureFieldOptions, at: string) {
    checkOptions(options, at);
    this.#options = options;
    this.#macOf = macReader(options.algorithm, options.encoding);
  }

  /**
   * @param place where it stands, for the log
   * @throws Refusal `credentials-malformed`, `signature-malformed`
   */
  read(value: string, place: string): Signatures {
    const { prefix, timestampPrefix } = this.#options;
    const macs: string[] = [];
    let timestamp: string | undefined;
    /** Whether the part before was a signature: further ones may follow its name. */
    let isInMacs = false;
    for (const [i, part] of this.#partsOf(value).entries()) {
      if (this.#isTime(part, i)) {
        if (timestamp !== undefined) throw malformed("two timestamps");
        timestamp = part.slice(timestampPrefix?.length);
        isInMacs = false;
        continue;
      }
      const mac: string | undefined = this.#macIn(part, isInMacs || prefix === "", place);
      if (mac === undefined) this.#passOver(part, place);
      else macs.push(mac);
      isInMacs = mac !== undefined;
    }
    const [first, ...others] = macs;
    if (first === undefined) throw malformed(`no signature begins with ${prefix}`);
    if (timestampPrefix !== undefined && timestamp === undefined)
      throw malformed(`no timestamp begins with ${timestampPrefix}`);
    return { macs: [first, ...others], timestamp };
  }

  #partsOf(value: string): readonly string[] {
    const { separator } = this.#options;
    if (value.length > MAX_LENGTH) throw malformed(`longer than ${MAX_LENGTH} bytes`);
    const parts = separator === undefined ? [value] : value.split(separator, MAX_ITEMS + 1);
    if (parts.length > MAX_ITEMS) throw malformed(`more than ${MAX_ITEMS} signatures`);
    if (separator?.endsWith(" ") !== false) return parts;
    return parts.map((part, i) => (i > 0 && part.startsWith(" ") ? part.slice(1) : part));
  }

  #isTime(part: string, i: number): boolean {
    const { timestampPrefix } = this.#options;
    if (timestampPrefix === undefined) return false;
    return timestampPrefix === "" ? i === 0 : part.startsWith(timestampPrefix);
  }

  /** The signature that a part is, behind its name or, where that may be, without one. */
  #macIn(part: string, isBare: boolean, place: string): string | undefined {
    const { prefix } = this.#options;
    const bare = isBare ? this.#macOf(part) : undefined;
    if (bare !== undefined || prefix === "" || !part.startsWith(prefix)) return bare;
    const mac = this.#macOf(part.slice(prefix.length));
    if (mac === undefined) throw this.#noMac(place);
    return mac;
  }

  #noMac(place: string): Refusal {
    const { algorithm, encoding, prefix } = this.#options;
    const before = prefix === "" ? "" : `${JSON.stringify(prefix)} and `;
    const length = macLength(algorithm, encoding);
    const note = `it must be ${before}${length} characters of ${MAC_SPELLINGS[encoding].words}`;
    return new Refusal("signature-malformed", place, { note });
  }

  /** What is no signature of ours may be one of another version. */
  #passOver(part: string, place: string): void {
    const { separator, prefix } = this.#options;
    if (separator !== undefined && OTHER_PART.test(part)) return;
    if (prefix === "") throw this.#noMac(place);
    throw malformed(`a signature must begin with ${prefix}`);
  }

  /** How many signatures it can hold. */
  get most(): number {
    if (this.#options.separator === undefined) return 1;
    return MAX_ITEMS - (this.#options.timestampPrefix === undefined ? 0 : 1);
  }

  /** A text with these MACs. */
  write(macs: readonly string[], timestamp: string): string {
    const { separator = "", prefix, timestampPrefix, encoding } = this.#options;
    const time = timestampPrefix === undefined ? [] : [timestampPrefix + timestamp];
    const { write } = MAC_SPELLINGS[encoding];
    return [...time, ...macs.map((mac) => prefix + write(mac))].join(separator);
  }
}

function checkOptions(options: SignatureFieldOptions, at: string): void {
  const { prefix, separator, timestampPrefix, encoding, timestampFormat } = options;
  const fail = (name: string, problem: string, cure: string): never => {
    throw new ConfigurationError(`${at}.${name}`, problem, cure);
  };
  if (timestampPrefix !== undefined && separator === undefined)
    fail("timestampPrefix", "needs a list of parts.", 'Give separator: "," too.');
  if (timestampPrefix !== undefined && timestampPrefix !== "" && timestampPrefix === prefix)
    fail("timestampPrefix", "must differ from the prefix of signatures.", "Give another.");
  if (separator === undefined) return;
  if (prefix.includes(separator))
    fail("prefix", "must not hold the separator.", 'Give "v1=", for example.');
  if (timestampPrefix?.includes(separator) === true)
    fail("timestampPrefix", "must not hold the separator.", 'Give "t=", for example.');
  const { signs, words } = MAC_SPELLINGS[encoding];
  if ([...separator].every((character) => signs.includes(character)))
    fail("separator", `stands in signatures too, which are ${words}.`, "Give another.");
  const time = TIME_SPELLINGS[timestampFormat];
  if (timestampPrefix !== undefined && timestampFormat === "iso" && /^[-.:+]+$/.test(separator))
    fail("separator", `stands in the time too, which is ${time.words}.`, "Give another.");
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
