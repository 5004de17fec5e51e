import { Refusal } from "./errors.js";
import { progressOf, type Fresh, type Principal } from "./flow.js";

/**
 * Who made the request, frozen.
 * @throws Refusal `scope-insufficient` (403) when the app lacks one of the scopes
 */
export function principalOf(fresh: Fresh, requiredScopes: readonly string[]): Principal {
  const { claims, app, key } = fresh;
  const missing = requiredScopes.find((scope) => !app.scopes.includes(scope));
  if (missing !== undefined) throw new Refusal("scope-insufficient", missing, progressOf(fresh));
  return Object.freeze({
    appId: app.appId,
    keyId: key.id,
    scopes: app.scopes,
    attributes: app.attributes,
    scheme: claims.scheme,
    signedHeaders: claims.signedHeaders,
    timestamp: claims.timestampSeconds,
    nonce: claims.nonce,
    presigned: claims.presigned !== undefined,
  });
}
