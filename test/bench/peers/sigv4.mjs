// npm's signers and verifier of AWS Signature Version 4: aws4, @smithy/signature-v4, @filen/aws4-express.
import { createHash, createHmac } from "node:crypto";
import { awsVerify } from "@filen/aws4-express";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { signing, verifying } from "../contestant.mjs";
import { lacreVerifier } from "../lacre.mjs";
import { HOST, incoming, linesOf } from "../message.mjs";
import { REGION, SCHEMES, SERVICE } from "../schemes.mjs";

const subject = SCHEMES["aws-sigv4"];
const credentials = { accessKeyId: "orders", secretAccessKey: subject.apiKey };

export function aws4Signer(method) {
  return signing({
    method,
    sign: signWithAws4,
    proof: lacreVerifier(subject, method, { sign: signWithAws4 }),
  });
}

export function smithySigner(method) {
  const signer = new SignatureV4({ credentials, region: REGION, service: SERVICE, sha256: Sha256 });
  const sign = async (message) => {
    const { path, query, headers, body } = partsOf(message);
    const host = { protocol: "https:", hostname: HOST };
    const signed = await signer.sign({ ...host, method, path, query, headers, body });
    return ours(signed.headers);
  };
  return signing({ method, sign, proof: lacreVerifier(subject, method, { sign }) });
}

/** A middleware of Express; it is given the raw body, and what it asks of request and answer. */
export function aws4ExpressVerifier(method) {
  const middleware = awsVerify({
    secretKey: ({ accessKey }) => (accessKey === "orders" ? subject.apiKey : undefined),
  });
  return verifying({
    method,
    own: subject.own,
    sign: signWithAws4,
    arrive(message, signed) {
      const request = incoming(message, linesOf(message, signed), true);
      request.header = headerOf;
      request.rawBody = message.content?.bytes;
      return request;
    },
    isRight: (request) =>
      new Promise((resolve) => {
        const refuse = { status: () => ({ send: () => resolve(false) }) };
        void middleware(request, refuse, (error) => resolve(error === undefined));
      }),
  });
}

function headerOf(name) {
  return this.headers[name.toLowerCase()];
}

function signWithAws4({ method, target, content }) {
  const headers = content && { "Content-Type": "application/json" };
  const request = { method, host: HOST, path: target, service: SERVICE, region: REGION };
  const signed = aws4.sign(
    { ...request, headers: headers ?? {}, body: content?.text },
    credentials,
  );
  return ours(signed.headers);
}

/** What signing has added, without what is sent anyway. */
function ours(headers) {
  return Object.entries(headers).filter(
    ([name]) => !/^(?:host|content-type|content-length)$/i.test(name),
  );
}

function partsOf({ target, content }) {
  const [path, search] = target.split("?");
  return {
    path,
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: { host: HOST, ...(content && { "content-type": "application/json" }) },
    body: content?.bytes,
  };
}

/** The hash that smithy asks for. */
class Sha256 {
  #hash;

  constructor(secret) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }

  update(data) {
    this.#hash.update(data);
  }

  digest() {
    return Promise.resolve(this.#hash.digest());
  }
}
