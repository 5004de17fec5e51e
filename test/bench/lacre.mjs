// Lacre as a contestant, under any of its schemes.
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Signer,
  Verifier,
} from "@lacre/core";
import { signing, verifying } from "./contestant.mjs";
import { flat, HOST, linesOf } from "./message.mjs";

const EMPTY = Buffer.alloc(0);

/**
 * From a head that was taken in to the proof of who made head and content; `isWhole`: from raw header lines to the
 * principal, a nonce's claim included. `sign` is another signer of the format, where it is not ours.
 */
export function lacreVerifier(subject, method, { isWhole = false, sign = signerOf(subject) } = {}) {
  const { own } = subject;
  const verifier = verifierOf(subject);
  const route = routeOf(subject);
  const front = { origins: Origins.of([`https://${HOST}`]), pathPrefix: "" };
  const arrive = (message, signed) => {
    const rawHeaders = linesOf(message, signed).flat();
    const head = { method, target: flat(message.target), rawHeaders };
    return isWhole ? head : receive(head, front);
  };
  return verifying({
    method,
    own,
    sign,
    arrive,
    isRight: isWhole
      ? (head, { content }) => {
          const received = contentOf(content?.bytes ?? EMPTY);
          return isOurs(verifier.verify(receive(head, front), received, route));
        }
      : (head, { content }) => {
          const received = contentOf(content?.bytes ?? EMPTY);
          return isOurs(verifier.begin(head, received).checkContent(route));
        },
  });

  function isOurs(verdict) {
    return verdict instanceof Promise ? verdict.then(isOrders) : isOrders(verdict);
  }
  function isOrders(verdict) {
    return (verdict.appId ?? verdict.app.appId) === "orders";
  }
}

export function lacreSigner(subject, method) {
  return signing({ method, sign: signerOf(subject), proof: lacreVerifier(subject, method) });
}

/** What `Signer` adds to a message. */
function signerOf({ scheme, encoding, apiKey }) {
  const signer = new Signer({ appId: "orders", apiKey, encoding, scheme });
  return ({ method, url, content }) =>
    signer.sign({
      method,
      url,
      headers: content && [["content-type", "application/json"]],
      content: content?.bytes,
    }).headers;
}

export function verifierOf({ scheme, encoding, apiKey }, { apps, nonces } = {}) {
  const app = { appId: "orders", apiKey, encoding, schemes: [scheme.name] };
  return new Verifier({
    schemes: [scheme],
    keys: apps ?? new MemoryKeyStore(readApps([app], [scheme])),
    nonces: nonces ?? new MemoryNonceStore({ fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
  });
}

export const routeOf = ({ scheme }) => ({
  schemes: [scheme.name],
  signedHeaders: [],
  scopes: [],
  stream: false,
});
