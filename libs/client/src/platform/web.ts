import type { Platform } from "../request-signer.js";
import { WebSigner } from "./web-signer.js";

/** Browsers and edge runtimes: Web Crypto, which hashes nothing piece by piece. */
export const platform: Platform = {
  needs: ["TextEncoder", "crypto.subtle", "crypto.randomUUID"],

  signerOf: (options) => new WebSigner(options),

  async sha256Of(blob) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  },
};
