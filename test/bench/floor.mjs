import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";
import { generateApiKey, Signer } from "@lacre/core";
import { expectAll } from "./contestant.mjs";
import { flat, messageOf } from "./message.mjs";

/** node:crypto alone: one hash of the content, one HMAC over a text of the length of LACRE1's, one comparison. */
export function floor(method, { compares, hashes = true }) {
  const key = createSecretKey(randomBytes(32));
  const signer = new Signer({ appId: "orders", apiKey: generateApiKey() });
  const { url, content: { bytes: body } = {} } = messageOf(method);
  const headers = body && [["content-type", "application/json"]];
  const text = flat(signer.sign({ method, url, headers, content: body }).canonicalRequest);
  const content = body ?? Buffer.alloc(0);
  const mac = createHmac("sha256", key).update(text).digest();
  const digest = createHash("sha256").update(content).digest();
  return {
    proof: undefined, // it judges no request
    prepare: (n) => n,
    run(n) {
      let right = 0;
      for (let i = 0; i < n; i++) {
        if (!hashes || createHash("sha256").update(content).digest()[0] === digest[0]) right++;
        const made = createHmac("sha256", key).update(text).digest();
        if (!compares || timingSafeEqual(made, mac)) right++;
      }
      expectAll(right, 2 * n);
    },
  };
}
