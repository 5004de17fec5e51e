import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import QRCode from "qrcode";

/** RFC 6238, as every authenticator app has it: SHA-1, six digits, steps of 30 s; one step early or late. */
export const STEP_SECONDS = 30;
const TERMS = { algorithm: "SHA1", digits: 6, period: STEP_SECONDS } as const;
const STEPS_AROUND = 1;
/** RFC 4226, section 4: at least 128 bits, 160 recommended. */
const SEED_BYTES = 20;

/** A seed as it is shown once, at enrolment. */
export interface ShownSeed {
  readonly uri: string;
  /** In base32, to be typed. */
  readonly secret: string;
  readonly qrSvg: string;
}

export const newSeed = (): Uint8Array => randomBytes(SEED_BYTES);

/** The number of the time step that a moment lies in. */
export const stepAt = (nowMs: number): number => Math.floor(nowMs / 1000 / TERMS.period);

export async function showSeed(
  seed: Uint8Array,
  login: string,
  issuer: string,
): Promise<ShownSeed> {
  const secret = secretOf(seed);
  const uri = new TOTP({ ...TERMS, issuer, label: login, secret }).toString();
  return { uri, secret: secret.base32, qrSvg: await QRCode.toString(uri, { type: "svg" }) };
}

/** The step that this code is of, or undefined where it is wrong. */
export function stepOfCode(seed: Uint8Array, code: string, nowMs: number): number | undefined {
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const delta = TOTP.validate({
    ...TERMS,
    secret: secretOf(seed),
    token: code,
    timestamp: nowMs,
    window: STEPS_AROUND,
  });
  return delta === null ? undefined : stepAt(nowMs) + delta;
}

/** A code as it is compared: people type it in groups. Whatever is no text of six digits then is wrong. */
export const codeOf = (typed: unknown): string =>
  typeof typed === "string" && typed.length <= 16 ? typed.replaceAll(" ", "") : "";

const secretOf = (seed: Uint8Array): Secret => new Secret({ buffer: Uint8Array.from(seed).buffer });
