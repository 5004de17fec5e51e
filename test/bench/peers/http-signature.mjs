// npm's http-signature: the draft before RFC 9421, by those who wrote it. What it leaves to the application, to make
// the digest of the content and to compare it, is done here as the draft says.
import { createHash } from "node:crypto";
import { generateApiKey } from "@lacre/core";
import httpSignature from "http-signature";
import { signing, verifying } from "../contestant.mjs";
import { HOST, incoming, linesOf } from "../message.mjs";

const key = generateApiKey();
const FIELDS = {
  GET: ["(request-target)", "host", "date"],
  POST: ["(request-target)", "host", "date", "content-type", "digest"],
};

export function httpSignatureVerifier(method) {
  return verifying({
    method,
    sign,
    arrive: (message, signed) => incoming(message, linesOf(message, signed), true),
    isRight(request, { content }) {
      const parsed = httpSignature.parseRequest(request, {
        headers: FIELDS[method],
        clockSkew: 300,
      });
      if (parsed.keyId !== "orders" || !httpSignature.verifyHMAC(parsed, key)) return false;
      return content === undefined || request.headers.digest === digestOf(content);
    },
  });
}

export function httpSignatureSigner(method) {
  return signing({ method, sign, proof: httpSignatureVerifier(method) });
}

function sign({ method, target, content }) {
  const request = new Outgoing(method, target);
  if (content !== undefined) {
    request.setHeader("Content-Type", "application/json");
    request.setHeader("Digest", digestOf(content));
  }
  httpSignature.sign(request, {
    key,
    keyId: "orders",
    algorithm: "hmac-sha256",
    headers: FIELDS[method],
  });
  return ["Date", "Digest", "Authorization"]
    .map((name) => [name, request.getHeader(name)])
    .filter(([, value]) => value !== undefined);
}

/** As much of a ClientRequest as it asks for. */
class Outgoing {
  #headers = { host: HOST };

  constructor(method, path) {
    this.method = method;
    this.path = path;
  }

  getHeader(name) {
    return this.#headers[name.toLowerCase()];
  }

  setHeader(name, value) {
    this.#headers[name.toLowerCase()] = value;
  }
}

const digestOf = ({ bytes }) => `SHA-256=${createHash("sha256").update(bytes).digest("base64")}`;
