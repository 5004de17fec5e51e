// npm's http-message-signatures: RFC 9421. What it leaves to the application, to make the digest of the content and to
// compare it, is done here as RFC 9530 says.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";
import { signing, verifying } from "../contestant.mjs";
import { HOST, incoming, linesOf } from "../message.mjs";

const secret = randomBytes(32);
const key = createSigner(secret, "hmac-sha256", "orders");
const known = {
  id: "orders",
  algs: ["hmac-sha256"],
  verify: createVerifier(secret, "hmac-sha256"),
};
const HEAD = ["@method", "@authority", "@path", "@query"];
const FIELDS = { GET: HEAD, POST: [...HEAD, "content-digest", "content-type"] };

export function httpMessageSignaturesVerifier(method) {
  const config = {
    keyLookup: async ({ keyid }) => (keyid === "orders" ? known : null),
    requiredFields: FIELDS[method],
    requiredParams: ["created", "nonce"],
    maxAge: 300,
    tolerance: 5,
  };
  return verifying({
    method,
    sign,
    arrive: (message, signed) => incoming(message, linesOf(message, signed), true),
    async isRight({ method: verb, url, headers }, { content }) {
      const message = { method: verb, url: `https://${HOST}${url}`, headers };
      if (!(await httpbis.verifyMessage(config, message))) return false;
      return content === undefined || headers["content-digest"] === digestOf(content);
    },
  });
}

export function httpMessageSignaturesSigner(method) {
  return signing({ method, sign, proof: httpMessageSignaturesVerifier(method) });
}

async function sign({ method, url, content }) {
  const headers = content && {
    "Content-Type": "application/json",
    "Content-Digest": digestOf(content),
  };
  const signed = await httpbis.signMessage(
    {
      key,
      fields: FIELDS[method],
      params: ["created", "nonce", "alg", "keyid"],
      paramValues: { nonce: randomUUID() },
    },
    { method, url, headers: headers ?? {} },
  );
  return ["Content-Digest", "Signature", "Signature-Input"]
    .map((name) => [name, signed.headers[name]])
    .filter(([, value]) => value !== undefined);
}

const digestOf = ({ bytes }) => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;
