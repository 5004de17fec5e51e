import { ConfigurationError } from "@lacre/core/portable";
import type { RequestSigner } from "./request-signer.js";

/** The keys of one app, the one to begin with first; or what gives them, asked before each attempt. */
export type KeysOption = readonly string[] | (() => readonly string[] | Promise<readonly string[]>);

/** Makes the signer for one key. @throws ConfigurationError for a key that cannot be used */
type SignerFor = (apiKey: string) => RequestSigner;

/** How many keys a list may have, and how many are tried for one request. */
export const MAX_KEYS = 8;

/**
 * The keys that a client may sign with. It stays with one until a server does not know it, and then goes on to the next,
 * so that keys can be changed at the server without a restart of its clients.
 */
export class KeyRing {
  readonly #keys: KeysOption;
  readonly #signerFor: SignerFor;
  /** By the text of the key: those of the latest list. */
  #signers = new Map<string, RequestSigner>();
  #current: RequestSigner | undefined;

  /** @throws ConfigurationError for a list without a key, with too many, or with one that cannot be used */
  constructor(keys: KeysOption, signerFor: SignerFor) {
    this.#keys = keys;
    this.#signerFor = signerFor;
    if (typeof keys !== "function") this.#read(keys);
  }

  /**
   * The signer for an attempt.
   * @param tried those that a server did not know in earlier attempts at the same request
   * @returns the current one if it has not been tried, else one that has not; undefined when all have been
   * @throws ConfigurationError for keys that cannot be used, and whatever the function throws
   */
  choose(
    tried: ReadonlySet<RequestSigner>,
  ): RequestSigner | undefined | Promise<RequestSigner | undefined> {
    if (typeof this.#keys !== "function") return this.#chooseOf(tried);
    return this.#askedFor(this.#keys, tried);
  }

  async #askedFor(
    ask: Extract<KeysOption, () => unknown>,
    tried: ReadonlySet<RequestSigner>,
  ): Promise<RequestSigner | undefined> {
    this.#read(await ask());
    return this.#chooseOf(tried);
  }

  #chooseOf(tried: ReadonlySet<RequestSigner>): RequestSigner | undefined {
    const signers = [...this.#signers.values()];
    if (this.#current === undefined || !signers.includes(this.#current)) this.#current = signers[0];
    const at = signers.indexOf(this.#current as RequestSigner);
    return [...signers.slice(at), ...signers.slice(0, at)].find((signer) => !tried.has(signer));
  }

  /** From now on this key is used: a server took it. */
  keep(signer: RequestSigner): void {
    this.#current = signer;
  }

  /** The next key is used from now on, if this one is still used. */
  passOver(signer: RequestSigner): void {
    if (this.#current !== signer) return;
    const signers = [...this.#signers.values()];
    this.#current = signers[(signers.indexOf(signer) + 1) % signers.length];
  }

  #read(keys: readonly string[]): void {
    if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS)
      throw new ConfigurationError(
        "keys",
        `must be a list of 1 to ${MAX_KEYS} keys, or a function that gives one.`,
        "Give keys: [current, next].",
      );
    const signers = keys.map(
      (key: string, i) => [key, this.#signers.get(key) ?? this.#made(key, i, keys.length)] as const,
    );
    this.#signers = new Map(signers);
  }

  #made(key: string, i: number, length: number): RequestSigner {
    try {
      return this.#signerFor(key);
    } catch (error) {
      if (length === 1 || !(error instanceof ConfigurationError) || error.option !== "apiKey")
        throw error;
      const what = error.message.slice("apiKey: ".length);
      throw new ConfigurationError(`keys[${i}]`, what, `It is key ${i + 1} of ${length}.`);
    }
  }
}
