import type { Platform } from "../request-signer.js";
import { WebSigner } from "./web-signer.js";

/** Browsers and edge runtimes: Web Crypto, which hashes nothing piece by piece. */
export const platform: Platform = {
  needs: ["TextEncoder", "atob", "btoa", "crypto.randomUUID", "crypto.subtle"],

  signerOf: (options) => new WebSigner(options),

  async sha256Of(blob) {
    const bytes = new Uint8Array(await new Response(blob).arrayBuffer()); // React Native's blobs have no such method
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  },
};
