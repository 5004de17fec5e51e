import type { Request } from "express";
import { passwordOf } from "./passwords.js";

export interface BasicCredentials {
  /** In lower case. */
  readonly login: string;
  readonly password: string;
}

/** Enough for the longest password, in base64. */
const MOST_CHARACTERS = 2048;

/** Login and password as HTTP's Basic carries them, in UTF-8. Undefined: there are none that can be read. RFC 7617 */
export function basicCredentialsOf(request: Request): BasicCredentials | undefined {
  const header = request.headers.authorization ?? "";
  if (header.length > MOST_CHARACTERS) return undefined;
  const [, encoded] = /^Basic +([A-Za-z\d+/]+={0,2}) *$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const text = utf8Of(Buffer.from(encoded, "base64"));
  if (text === undefined || /\p{Cc}/u.test(text)) return undefined;
  // The first colon ends the login: a password may have more of them.
  const colon = text.indexOf(":");
  if (colon < 1) return undefined;
  return { login: loginOf(text.slice(0, colon)), password: passwordOf(text.slice(colon + 1)) };
}

/** A login as it is kept and compared. */
export const loginOf = (typed: string): string => typed.normalize("NFC").toLowerCase();

function utf8Of(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
