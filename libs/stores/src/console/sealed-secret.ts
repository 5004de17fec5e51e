import { randomBytes } from "node:crypto";
import { openWith, sealWith } from "./aes-gcm.js";
import type { KeyWrapper } from "./key-wrapper.js";

/** A secret at rest: sealed under a data key of its own, which is wrapped by a master key. */
export interface SealedSecret {
  readonly sealed: Uint8Array;
  readonly wrappedKey: Uint8Array;
  /** Which master key wrapped it. */
  readonly wrappedBy: string;
}

/** @param context whose secret it is, such as `key:k_1`: it cannot be opened as another one's */
export async function sealSecret(
  secret: Uint8Array,
  context: string,
  wrapper: KeyWrapper,
): Promise<SealedSecret> {
  const dataKey = randomBytes(32);
  const wrappedKey = await wrapper.wrap(dataKey, context);
  return { sealed: sealWith(dataKey, secret, context), wrappedKey, wrappedBy: wrapper.id };
}

/** @throws Error for another master key, another context, changed bytes */
export async function openSecret(
  { sealed, wrappedKey, wrappedBy }: SealedSecret,
  context: string,
  wrapper: KeyWrapper,
): Promise<Uint8Array> {
  return openWith(await wrapper.unwrap(wrappedKey, context, wrappedBy), sealed, context);
}

/** The same secret under another master key: only its data key is wrapped anew. */
export async function rewrapSecret(
  secret: SealedSecret,
  context: string,
  wrapper: KeyWrapper,
): Promise<SealedSecret> {
  const dataKey = await wrapper.unwrap(secret.wrappedKey, context, secret.wrappedBy);
  return { ...secret, wrappedKey: await wrapper.wrap(dataKey, context), wrappedBy: wrapper.id };
}
