import { createHash } from "node:crypto";
import { ConfigurationError } from "@lacre/core";
import { openWith, sealWith } from "./aes-gcm.js";
import type { KeyWrapper } from "./key-wrapper.js";

const MASTER_KEY_BYTES = 32;

/**
 * Reads a master key: 32 bytes in base64.
 * @throws ConfigurationError that does not show it
 */
export function readMasterKey(text: string, option = "masterKey"): Uint8Array {
  const bytes = Buffer.from(text.trim(), "base64");
  if (bytes.length !== MASTER_KEY_BYTES || bytes.toString("base64") !== text.trim())
    throw new ConfigurationError(
      option,
      "must be 32 bytes in base64.",
      "Make one: openssl rand -base64 32",
    );
  return bytes;
}

/** Wraps with master keys that this process holds: new data keys with the first, old ones with whichever wrapped them. */
export class MasterKeyWrapper implements KeyWrapper {
  readonly id: string;
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  constructor(current: Uint8Array, ...before: readonly Uint8Array[]) {
    this.id = masterKeyId(current);
    this.#keys = new Map([current, ...before].map((key) => [masterKeyId(key), key]));
  }

  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    return Promise.resolve(sealWith(this.#keyOf(this.id), dataKey, context));
  }

  async unwrap(wrapped: Uint8Array, context: string, wrappedBy: string): Promise<Uint8Array> {
    return openWith(this.#keyOf(wrappedBy), wrapped, context);
  }

  #keyOf(id: string): Uint8Array {
    const key = this.#keys.get(id);
    if (key === undefined) throw new Error(`the master key ${id} is not here`);
    return key;
  }
}

/** Tells master keys apart, and says nothing of their bytes. */
function masterKeyId(key: Uint8Array): string {
  return createHash("sha256")
    .update("lacre console: master key id")
    .update(key)
    .digest("hex")
    .slice(0, 12);
}
