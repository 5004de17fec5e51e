import { createHash, createHmac, createSecretKey, type Hash, type KeyObject } from "node:crypto";
import type { DigestEncoding, MacAlgorithm } from "./algorithms.js";
import type { KeyDerivation, MacRecipe } from "./mac-recipe.js";
import { ShortHmac } from "./short-hmac.js";

const REDACTED = "[redacted]";
const MAX_DERIVED = 8;

/** Key bytes that can be used but not seen: every way to print one prints `[redacted]`. */
export class Secret {
  readonly #key: KeyObject;
  /** For the hash that this key was last used with, which is nearly always the same. */
  #short: ShortHmac | undefined;
  #derived: Map<string, Secret> | undefined;
  #fingerprint: string | undefined;
  #scope: readonly [MacAlgorithm, string] | undefined;

  constructor(bytes: Uint8Array) {
    this.#key = createSecretKey(bytes);
  }

  /** HMAC (RFC 2104) of a text, a byte for each code point, or of bytes, under this key. */
  mac(algorithm: MacAlgorithm, data: string | Uint8Array, encoding: DigestEncoding): string {
    if (typeof data === "string" && ShortHmac.takes(data)) {
      if (this.#short?.algorithm !== algorithm)
        this.#short = new ShortHmac(algorithm, this.#key.export());
      return this.#short.mac(data, encoding);
    }
    const hmac = createHmac(algorithm, this.#key);
    if (typeof data === "string") hmac.update(data, "latin1");
    else hmac.update(data);
    return hmac.digest(encoding);
  }

  /** The MAC of a canonical text, a byte for each code point, as the recipe has it. */
  macBy(recipe: MacRecipe, text: string): string {
    const { algorithm, encoding, derivation, beforeDigest } = recipe;
    if (recipe.construction === "sha256-suffix")
      return sha256(text).update(this.#key.export()).digest(encoding);
    const key = derivation === undefined ? this : this.#derive(derivation);
    const data = beforeDigest === undefined ? text : beforeDigest + sha256(text).digest("hex");
    return key.mac(algorithm, data, encoding);
  }

  /** Made once for each derivation, and kept for the latest few. */
  #derive({ prefix, steps }: KeyDerivation): Secret {
    const label = `${prefix}\n${steps}`;
    this.#derived ??= new Map();
    let derived = this.#derived.get(label);
    if (derived === undefined) {
      let key = Buffer.concat([Buffer.from(prefix, "latin1"), this.#key.export()]);
      for (const step of steps.split("/")) key = createHmac("sha256", key).update(step).digest();
      derived = new Secret(key);
      if (this.#derived.size >= MAX_DERIVED) this.#derived.clear();
      this.#derived.set(label, derived);
    }
    return derived;
  }

  /** Eight hex digits that tell keys apart in logs, and nothing about their bytes. */
  get fingerprint(): string {
    return (this.#fingerprint ??= this.digest().slice(0, 8));
  }

  /**
   * Eight hex digits that are the same for all keys that make the same MACs: to HMAC, a key and the same key with zeros
   * behind it are one (RFC 2104 section 2).
   */
  scope(algorithm: MacAlgorithm): string {
    if (this.#scope?.[0] !== algorithm)
      this.#scope = [algorithm, this.mac(algorithm, "lacre nonce scope", "hex").slice(0, 8)];
    return this.#scope[1];
  }

  /** Hex SHA-256 of a label and the bytes: equal for equal keys. */
  digest(): string {
    return createHash("sha256")
      .update("lacre key fingerprint\n")
      .update(this.#key.export())
      .digest("hex");
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}

const sha256 = (text: string): Hash => createHash("sha256").update(text, "latin1");
