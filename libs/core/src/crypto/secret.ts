import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { MacAlgorithm } from "./algorithms.js";

const REDACTED = "[redacted]";
const MAX_DERIVED = 8;

/** Key bytes that can be used but not seen: every way to print one prints `[redacted]`. */
export class Secret {
  readonly #key: KeyObject;
  #derived: Map<string, Secret> | undefined;
  #fingerprint: string | undefined;
  #scope: readonly [MacAlgorithm, string] | undefined;

  constructor(bytes: Uint8Array) {
    this.#key = createSecretKey(bytes);
  }

  /** HMAC (RFC 2104) of a text or of bytes under this key, as text: a Buffer would cost a sixth more. */
  mac(algorithm: MacAlgorithm, data: string | Uint8Array, encoding: "hex" | "base64"): string {
    return createHmac(algorithm, this.#key).update(data).digest(encoding);
  }

  /**
   * SHA-256 of a text with this key behind it. This is no MAC: it is for formats that were made that way, and none that
   * is new should be.
   */
  hashWithSuffix(text: string, encoding: "hex" | "base64"): string {
    return createHash("sha256").update(text).update(this.#key.export()).digest(encoding);
  }

  /** A key derived from this one, made once for each label and kept for the latest few. */
  derive(label: string, make: (bytes: Buffer) => Uint8Array): Secret {
    this.#derived ??= new Map();
    let derived = this.#derived.get(label);
    if (derived === undefined) {
      derived = new Secret(make(this.#key.export()));
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
