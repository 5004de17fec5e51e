import type { DigestEncoding, MacAlgorithm } from "./algorithms.js";

/** How a MAC is made, as data. */
export interface MacRecipe {
  readonly algorithm: MacAlgorithm;
  /** How the MAC is written. */
  readonly encoding: DigestEncoding;
  /** How the key is derived from the ApiKey; the ApiKey itself where it is left out. */
  readonly derivation?: KeyDerivation;
  /** The MAC is over this, with the hex SHA-256 of the text behind it; over the text where it is left out. */
  readonly beforeDigest?: string;
  /**
   * `hmac` (RFC 2104) where it is left out. `sha256-suffix` is SHA-256 of the text with the key behind it: no MAC, for
   * formats that were made that way.
   */
  readonly construction?: "hmac" | "sha256-suffix";
}

/** A chain of HMAC-SHA256: the first under the ApiKey with `prefix` before it, each further one under the last's result. */
export interface KeyDerivation {
  readonly prefix: string;
  /** What is MACed at each step, with `/` between the steps. */
  readonly steps: string;
}
