import { createHash, randomBytes } from "node:crypto";

/** What is kept of a token: SHA-256 is enough for 256 random bits. */
export const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("base64url");

/** 256 random bits. */
export const randomToken = (): string => randomBytes(32).toString("base64url");
