import { createHash } from "node:crypto";
import { Signer } from "@lacre/core";
import type { Platform } from "../request-signer.js";

/** Node: its own cryptography, which is faster, and every scheme. */
export const platform: Platform = {
  needs: [],

  signerOf: (options) => new Signer(options),

  async sha256Of(blob) {
    const hash = createHash("sha256");
    for await (const chunk of blob.stream()) hash.update(chunk as Uint8Array);
    return hash.digest();
  },
};
