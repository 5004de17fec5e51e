import { hash, randomUUID } from "node:crypto";
import { readKeyAlgorithm } from "../crypto/key-algorithm.js";
import { ConfigurationError } from "../errors.js";
import { secondOf } from "../ports/clock.js";
import type { Draft, Moment, Signatory, UnsignedRequest } from "../scheme/draft.js";
import type { Scheme } from "../scheme/scheme.js";
import { refuseOpenOverrides } from "../stages/read-claims.js";
import { prepareRequest } from "./prepare.js";
import { checkRequestToSign, type RequestToSign } from "./request-to-sign.js";

/** @throws ConfigurationError for a scheme that can only verify */
export function refuseReadOnly({ name, header }: Scheme, at = "scheme"): void {
  if (header.isInContent === true)
    throw new ConfigurationError(
      at,
      `${name} cannot sign: its signature is in the content, which is made before it is signed.`,
      "Sign what the sender's documents say with its own library.",
    );
}

/**
 * All of a signed request but its MAC.
 * @param isNamed as for `prepareRequest`
 * @throws Refusal for a request that no server would accept; ConfigurationError
 */
export function draftRequest(
  scheme: Scheme,
  request: RequestToSign,
  signatory: Signatory,
  moment: Moment,
  isNamed: (name: string) => boolean = () => false,
): { readonly prepared: UnsignedRequest; readonly draft: Draft } {
  checkRequestToSign(request);
  const prepared = prepareRequest(request, sha256Of(request.content), isNamed);
  const draft = scheme.header.write(prepared, signatory, moment);
  refuseOpenOverrides(prepared.headers, draft.claims.signedHeaders);
  return { prepared, draft };
}

/** What is signed without a key, to see whether it can be. */
export interface SigningTrial {
  readonly scheme: Scheme;
  readonly appId: string;
  readonly id: string;
  readonly atMs: number;
}

/**
 * Goes as far as signing goes without a key.
 * @throws as `Signer.sign` does for the same request
 */
export function trySigning(request: RequestToSign, trial: SigningTrial): void {
  const { scheme, appId, id, atMs } = trial;
  const signatory = { appId, algorithm: readKeyAlgorithm(scheme.keyAlgorithms[0], scheme) };
  draftRequest(scheme, request, signatory, momentAt(atMs, id));
}

export const momentAt = (ms: number, nonce: string = randomUUID()): Moment => ({
  timestampSeconds: secondOf(ms),
  nonce,
});

function sha256Of(content: RequestToSign["content"]): UnsignedRequest["contentSha256"] {
  if (content === undefined) return undefined;
  if ("sha256" in content) return (encoding) => Buffer.from(content.sha256).toString(encoding);
  return content.byteLength === 0 ? undefined : (encoding) => hash("sha256", content, encoding);
}
