// Who takes part in `npm run bench`, by operation, method and name.
import { floor } from "./floor.mjs";
import { lacreSigner, lacreVerifier } from "./lacre.mjs";
import { escherSigner, escherVerifier } from "./peers/escher-auth.mjs";
import { hawkSigner, hawkVerifier } from "./peers/hawk.mjs";
import {
  httpMessageSignaturesSigner,
  httpMessageSignaturesVerifier,
} from "./peers/http-message-signatures.mjs";
import { httpSignatureSigner, httpSignatureVerifier } from "./peers/http-signature.mjs";
import { aws4ExpressVerifier, aws4Signer, smithySigner } from "./peers/sigv4.mjs";
import { standardWebhooksSigner, standardWebhooksVerifier } from "./peers/standardwebhooks.mjs";
import { SCHEMES } from "./schemes.mjs";

export const METHODS = ["GET", "POST"];

/**
 * "verify": from a head that was taken in to the proof of who made head and content; no memory of nonces, on either
 * side. "admit": all that a server does, from raw header lines to the principal, a nonce's claim included.
 */
const OPERATIONS = {
  verify: {
    floor: (method) => floor(method, { compares: true }),
    "floor without its hash": (method) => floor(method, { compares: true, hashes: false }),
    ...ownOnes((subject, method) => lacreVerifier(subject, method)),
    "npm: hawk": (method) => hawkVerifier(method),
    "npm: http-signature": httpSignatureVerifier,
    "npm: http-message-signatures": httpMessageSignaturesVerifier,
    "npm: escher-auth": escherVerifier,
    "npm: @filen/aws4-express": aws4ExpressVerifier,
    "npm: standardwebhooks": standardWebhooksVerifier,
  },
  admit: {
    floor: (method) => floor(method, { compares: true }),
    ...ownOnes((subject, method) => lacreVerifier(subject, method, { isWhole: true })),
    "npm: hawk": (method) => hawkVerifier(method, { isWhole: true }),
  },
  sign: {
    floor: (method) => floor(method, { compares: false }),
    "floor without its hash": (method) => floor(method, { compares: false, hashes: false }),
    ...ownOnes(lacreSigner),
    "npm: hawk": hawkSigner,
    "npm: http-signature": httpSignatureSigner,
    "npm: http-message-signatures": httpMessageSignaturesSigner,
    "npm: escher-auth": escherSigner,
    "npm: aws4": aws4Signer,
    "npm: @smithy/signature-v4": smithySigner,
    "npm: standardwebhooks": standardWebhooksSigner,
  },
};

export const OPERATION_NAMES = Object.keys(OPERATIONS);
export const namesIn = (operation) => Object.keys(OPERATIONS[operation]);
export const contestantOf = (operation, name, method) => OPERATIONS[operation][name](method);

/** The methods of which a format has signed requests. */
export function methodsOf(name) {
  return name === "npm: standardwebhooks" ? ["POST"] : (SCHEMES[name]?.methods ?? METHODS);
}

function ownOnes(make) {
  const entries = Object.entries(SCHEMES);
  return Object.fromEntries(
    entries.map(([name, subject]) => [name, (method) => make(subject, method)]),
  );
}
