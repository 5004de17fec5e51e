import { randomBytes, randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Transaction } from "../database/database.js";
import { recoveryCodes } from "../database/tables.js";
import { hashOf } from "./hash-of.js";

const HOW_MANY = 10;
/** 26 characters of 5 bits: 130 bits, which nobody guesses. */
const CHARACTERS = 26;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Replaces all codes of a person. The new ones are shown once: only hashes are kept. */
export async function renewRecoveryCodes(tx: Transaction, personId: string): Promise<string[]> {
  const codes = Array.from({ length: HOW_MANY }, newCode);
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.personId, personId));
  await tx
    .insert(recoveryCodes)
    .values(
      codes.map((code) => ({ id: `rc_${randomUUID()}`, personId, hash: hashOfRecoveryCode(code) })),
    );
  return codes;
}

/** Of a code as it was typed: groups and upper case do not matter. Whatever is no text is no code. */
export const hashOfRecoveryCode = (typed: unknown): string =>
  typeof typed === "string" && typed.length <= 64
    ? hashOf(typed.replaceAll(/[ -]/g, "").toLowerCase())
    : "";

function newCode(): string {
  const letters = [...randomBytes(CHARACTERS)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");
  return (letters.match(/.{1,7}/g) ?? []).join("-");
}
