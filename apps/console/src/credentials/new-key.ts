import { generateApiKey, type KeyEncoding, type KeyRules } from "@lacre/core";

const USUAL_BYTES = 32;

/** A new key, of as many bytes as its scheme asks for, as the module's own generator makes them, in this encoding. */
export function newKey(encoding: KeyEncoding, { keyLength }: Pick<KeyRules, "keyLength">): string {
  const min = keyLength?.min ?? USUAL_BYTES;
  const parts = Array.from({ length: Math.ceil(min / USUAL_BYTES) || 1 }, () => generateApiKey());
  const bare = parts.map((part) => part.slice("lk1_".length));
  const bytes = Buffer.concat(bare.map((part) => Buffer.from(part, "base64url")));
  switch (encoding) {
    case "lk1":
      return parts[0] ?? "";
    case "text":
      return bare.join(""); // its characters are the key
    case "whsec":
      return `whsec_${bytes.toString("base64")}`;
    case "base64":
    case "hex":
      return bytes.toString(encoding);
  }
}
