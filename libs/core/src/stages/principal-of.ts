import type { Fresh } from "../flow.js";
import type { Principal } from "../principal.js";

/** Who made the request, frozen. `once`: the route takes each request once, whatever its scheme says. */
export function principalOf({ scheme, claims, app, key }: Fresh, once = false): Principal {
  const { presigned, repeatable = false } = claims;
  return Object.freeze({
    appId: app.appId,
    keyId: key.id,
    scopes: app.scopes,
    attributes: app.attributes,
    scheme: scheme.name,
    signedHeaders: claims.signedHeaders,
    timestamp: claims.timestampSeconds,
    nonce: presigned !== undefined && repeatable && !once ? "" : claims.nonce,
    presigned: presigned !== undefined,
  });
}
