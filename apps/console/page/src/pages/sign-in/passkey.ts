import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import { ask } from "../../api/ask.js";
import type { SignedIn } from "../../api/session.js";

/** The reader or the browser has called it off. */
export class PasskeyNotUsed extends Error {}

export const takesPasskeys = (): boolean => "PublicKeyCredential" in globalThis;

/** RFC 7617, in UTF-8. */
export const basicOf = (login: string, password: string): string =>
  `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${login}:${password}`)))}`;

export async function signInByPasskey(authorization: string): Promise<SignedIn> {
  const { startAuthentication } = await import("@simplewebauthn/browser");
  const headers = { authorization };
  const { options, challengeId } = await ask("POST /v1/passkeys/options", { headers });
  const optionsJSON = options as PublicKeyCredentialRequestOptionsJSON;
  const response = await startAuthentication({ optionsJSON }).catch(() => {
    throw new PasskeyNotUsed();
  });
  return ask("POST /v1/passkeys/login", {
    headers,
    body: { challengeId, response, browser: true },
  });
}

/** Makes a new passkey in this browser or a device beside it. */
export async function makePasskey(
  name: string,
  proof: { password: string; totp: string },
): Promise<void> {
  const { startRegistration } = await import("@simplewebauthn/browser");
  const { options, challengeId } = await ask("POST /v1/me/passkeys/options", { body: proof });
  const optionsJSON = options as PublicKeyCredentialCreationOptionsJSON;
  const response = await startRegistration({ optionsJSON }).catch(() => {
    throw new PasskeyNotUsed();
  });
  await ask("POST /v1/me/passkeys", { body: { challengeId, name, response } });
}
