// npm's hawk: the format's own implementation.
import { randomBytes } from "node:crypto";
import hawk from "hawk";
import { generateApiKey } from "@lacre/core";
import { signing, verifying } from "../contestant.mjs";
import { incoming, linesOf } from "../message.mjs";

const credentials = { id: "orders", key: generateApiKey(), algorithm: "sha256", user: "orders" };
const find = async (id) => (id === credentials.id ? credentials : null);

/** `isWhole`: with a memory of nonces, which is the application's to bring. */
export function hawkVerifier(method, { isWhole = false } = {}) {
  const seen = new Set();
  const memory = isWhole && { nonceFunc: remember };
  async function remember(key, nonce, ts) {
    const once = `${key}\n${ts}\n${nonce}`;
    if (seen.has(once)) throw new Error("nonce seen");
    seen.add(once);
  }
  return verifying({
    method,
    sign: (message) =>
      // Its own nonces, of 6 characters, come twice now and then.
      header(message, { nonce: randomBytes(12).toString("base64url") }),
    arrive: (message, signed) => incoming(message, linesOf(message, signed), !isWhole),
    async isRight(request, { content }) {
      const payload = content && { payload: content.text };
      const options = { timestampSkewSec: 300, ...payload, ...memory };
      const { credentials: found } = await hawk.server.authenticate(request, find, options);
      return found.id === "orders";
    },
  });
}

export function hawkSigner(method) {
  return signing({ method, sign: (message) => header(message), proof: hawkVerifier(method) });
}

function header({ method, url, content }, further) {
  const { header: value } = hawk.client.header(url, method, {
    credentials,
    ...further,
    ...(content && { payload: content.text, contentType: "application/json" }),
  });
  return [["Authorization", value]];
}
