import { z } from "zod";
import { Problem } from "../problems/problem.js";

/** NIST SP 800-63B: length decides; no rule about kinds of characters. */
const LEAST_CHARACTERS = 12;
/** More than anybody types, and little to hash. Longer ones are refused, never cut. */
const MOST_BYTES = 512;

/** What attackers try first, of twelve characters and more. Compared in lower case, without what is put around words. */
const WORST = new Set([
  ...["123456789012", "1234567890123", "12345678901234", "123456789123", "012345678910"],
  ...["password1234", "password12345", "password123456", "passwordpassword", "mypassword123"],
  ...[
    "qwertyuiop123",
    "qwertyuiop12",
    "qwertyuiopasdf",
    "qwerty123456",
    "qwerty1234567",
    "1qaz2wsx3edc",
  ],
  ...[
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "q1w2e3r4t5y6",
    "zaq12wsxcde3",
    "asdfghjkl123",
    "zxcvbnm12345",
  ],
  ...[
    "administrator",
    "administrator1",
    "administrator123",
    "adminadminadmin",
    "admin1234567",
    "letmein12345",
  ],
  ...[
    "welcome12345",
    "welcome123456",
    "iloveyou1234",
    "iloveyouforever",
    "correcthorsebatterystaple",
  ],
  ...[
    "changeme1234",
    "changemechangeme",
    "abcdefghijkl",
    "abcdefghijklmnop",
    "abcdef123456",
    "abc123abc123",
  ],
  ...[
    "trustno1trustno1",
    "p@ssw0rd1234",
    "passw0rd1234",
    "p@ssword1234",
    "monkey123456",
    "dragon123456",
  ],
  ...[
    "football1234",
    "baseball1234",
    "superman1234",
    "princess1234",
    "sunshine1234",
    "starwars1234",
  ],
  ...["lacreconsole", "lacre-console", "consolepassword"],
]);

/** A password as it is hashed: however a keyboard composes its letters. */
export const passwordOf = (typed: string): string => typed.normalize("NFC");

/** What Basic does not carry, and what UTF-8 has no bytes for. */
const UNSENDABLE = /[\p{Cc}\p{Cs}]/u;

/** Whether this may be hashed at all: what comes to the sign-in. */
export const canBePassword = (text: string): boolean =>
  text !== "" && Buffer.byteLength(text) <= MOST_BYTES && !UNSENDABLE.test(text);

/** A password that somebody chooses. */
export const NewPassword = z
  .string()
  .transform(passwordOf)
  .refine((text) => Buffer.byteLength(text) <= MOST_BYTES, `must be at most ${MOST_BYTES} bytes`)
  .refine(
    (text) => !UNSENDABLE.test(text),
    "has a control character, such as a tab or the end of a line, or half of a character",
  )
  .refine(
    (text) => [...text].length >= LEAST_CHARACTERS,
    `needs ${LEAST_CHARACTERS} characters or more`,
  )
  .refine((text) => !WORST.has(text.toLowerCase()), "is among those that are tried first")
  .refine((text) => new Set(text).size > 3, "repeats the same few characters");

/**
 * @param at the field that the password was sent in
 * @throws Problem `invalid-input` where the password is the login with little around it
 */
export function refuseLoginAsPassword(password: string, login: string, at: string): void {
  const rest = password.toLowerCase().split(login.toLowerCase()).join("");
  if (rest.length >= LEAST_CHARACTERS / 2 || rest.length === password.length) return;
  const problem = "is the login, or little more";
  throw new Problem("invalid-input", { faults: [{ at, problem }] });
}
