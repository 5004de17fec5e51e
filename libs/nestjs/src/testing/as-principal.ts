import type { Principal } from "@lacre/core";

/**
 * A caller as handlers see it, for tests in which nothing is signed: what is not given is what a plain signed request
 * would have. For a handler that is called directly, and for `request.user` behind a guard that was overridden.
 *
 * @example
 * controller.list(asPrincipal({ appId: "orders", scopes: ["orders:read"] }));
 */
export function asPrincipal(known: Pick<Principal, "appId"> & Partial<Principal>): Principal {
  return Object.freeze({
    keyId: "test",
    scopes: [],
    attributes: {},
    scheme: "test",
    signedHeaders: ["host"],
    timestamp: Math.floor(Date.now() / 1000),
    nonce: "test",
    presigned: false,
    ...known,
  });
}
