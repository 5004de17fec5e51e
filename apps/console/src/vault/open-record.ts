import { openSecret, type KeyWrapper, type SealedSecret } from "@lacre/stores/console";
import { Problem } from "../problems/problem.js";

/**
 * Opens what the database keeps sealed.
 * @param name what it is, for people
 * @throws Problem `unavailable`: its master key is not here, or it is not what was sealed
 */
export async function openRecord(
  secret: SealedSecret,
  context: string,
  wrapper: KeyWrapper,
  name: string,
): Promise<Uint8Array> {
  try {
    return await openSecret(secret, context, wrapper);
  } catch {
    // Not what went wrong: a key service may say whatever it likes.
    throw new Problem("unavailable", {
      detail: `${name} cannot be opened: the master key ${secret.wrappedBy} is not here, or it was damaged.`,
    });
  }
}
