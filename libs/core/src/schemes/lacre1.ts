import { MAC_BYTES, type DigestAlgorithm, type MacAlgorithm } from "../crypto/algorithms.js";
import type { Secret } from "../crypto/secret.js";
import { isAppIdText } from "../apps.js";
import { Refusal } from "../errors.js";
import type { Claims, ContentClaim } from "../flow.js";
import { parseAuthParams, refuseValue } from "../http/auth-params.js";
import {
  digestAlgorithmNamed,
  formatContentDigest,
  parseContentDigest,
} from "../http/content-digest.js";
import { consistsOf, LOWER_HEX, URL_SAFE } from "../http/characters.js";
import { queryNameFinder } from "../http/query.js";
import type { SignableRequest } from "../http/signable-request.js";
import {
  checkCoverage,
  namesToSign,
  isUnsignable,
  signedHeadersReader,
  signedValue,
} from "./coverage.js";
import type { Credentials, Moment, Scheme, SignedRequest, UnsignedRequest } from "./scheme.js";

const ALGORITHM_NAMES: Readonly<Record<MacAlgorithm, string>> = {
  sha256: "LACRE1-HMAC-SHA256",
  sha384: "LACRE1-HMAC-SHA384",
  sha512: "LACRE1-HMAC-SHA512",
};
const ALGORITHMS = new Map(
  Object.entries(ALGORITHM_NAMES).map(([key, name]) => [name, key as MacAlgorithm]),
);

const PARAMS = ["Credential", "Timestamp", "Nonce", "SignedHeaders", "Signature"] as const;
const TIMESTAMP = /^[1-9][0-9]{9}$/;
const parseSignedHeaders = signedHeadersReader(isUnsignable);

/** LACRE1, header form: docs/protocol.md. */
export const lacre1: Scheme = {
  name: "lacre1",
  challenges: Object.values(ALGORITHM_NAMES),
  keyEncodings: ["lk1", "base64", "hex", "text"],
  keyAlgorithms: ["sha256", "sha384", "sha512"],

  recognises({ headers }) {
    return headers.only("authorization")?.slice(0, 7).toUpperCase() === "LACRE1-";
  },

  contentAlgorithm({ headers }): DigestAlgorithm {
    return digestAlgorithmNamed(headers.only("content-digest"));
  },

  parse(request) {
    const header = request.headers.only("authorization") ?? "";
    const values = parseAuthParams(header, PARAMS) as [string, string, string, string, string];
    const [appId, timestamp, nonce, signedHeaders, signature] = values;
    const algorithm = ALGORITHMS.get(header.slice(0, header.indexOf(" ")));
    if (algorithm === undefined) throw new Refusal("credentials-malformed", "unknown algorithm");
    if (!isAppIdText(appId)) throw refuseValue(values, "app-id-malformed");
    if (!TIMESTAMP.test(timestamp))
      throw refuseValue(values, "timestamp-malformed", "not ten digits of Unix seconds");
    if (nonce.length < 16 || nonce.length > 128 || !consistsOf(nonce, URL_SAFE))
      throw refuseValue(values, "nonce-malformed");
    const names = parseSignedHeaders(signedHeaders, values);
    if (signature.length !== 2 * MAC_BYTES[algorithm] || !consistsOf(signature, LOWER_HEX))
      throw refuseValue(values, "signature-malformed");

    refusePresigned(request);
    checkCoverage(request, names);

    return {
      scheme: "lacre1",
      appId,
      algorithm,
      timestampSeconds: Number(timestamp),
      nonce,
      signedHeaders: names,
      mac: signature,
      content: contentClaim(request),
    };
  },

  canonicalise(request, { appId, algorithm, timestampSeconds, nonce, signedHeaders }) {
    return `${ALGORITHM_NAMES[algorithm]}
${appId}
${timestampSeconds}
${nonce}
${request.method}
${request.target}
${headerLines(request, signedHeaders)}
${signedHeaders.join(";")}`;
  },

  mac(secret: Secret, claims: Claims, canonicalRequest: string) {
    return secret.mac(claims.algorithm, canonicalRequest, "hex");
  },

  sign(
    request: UnsignedRequest,
    { appId, secret, algorithm }: Credentials,
    moment: Moment,
  ): SignedRequest {
    const digest = request.contentSha256 && formatContentDigest(request.contentSha256("base64"));
    const covered: SignableRequest =
      digest === undefined
        ? request
        : { ...request, headers: request.headers.with("content-digest", digest) };
    const signedHeaders = namesToSign(covered.headers, request.signedHeaders);
    parseSignedHeaders(signedHeaders.join(";"));
    refusePresigned(request);
    checkCoverage(covered, signedHeaders);
    const content = contentClaim(covered);

    const { timestampSeconds, nonce } = moment;
    const claims = { scheme: "lacre1", appId, algorithm, timestampSeconds, nonce, signedHeaders };
    const unsigned: Claims = { ...claims, mac: "", content };
    const canonicalRequest = this.canonicalise(covered, unsigned);
    const signature = this.mac(secret, unsigned, canonicalRequest);
    const authorization = `${ALGORITHM_NAMES[algorithm]} Credential=${appId}, Timestamp=${timestampSeconds}, Nonce=${nonce}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
    return {
      headers: [
        ...(digest === undefined ? [] : [["content-digest", digest] as const]),
        ["authorization", authorization],
      ],
      canonicalRequest,
    };
  },
};

const hasPresignedName = queryNameFinder("lacre-");

/** Presigned parameters are credentials too, and a request has one kind. */
function refusePresigned({ target }: SignableRequest): void {
  if (hasPresignedName(target))
    throw new Refusal("credentials-repeated", "a lacre- parameter beside an Authorization header");
}

/** `name:value` for each signed header, each line ended by LF. */
function headerLines({ headers, authority }: SignableRequest, names: readonly string[]): string {
  let lines = "";
  for (const name of names) lines += `${name}:${signedValue(headers, name, authority)}\n`;
  return lines;
}

function contentClaim({ headers }: SignableRequest): ContentClaim {
  const field = headers.only("content-digest");
  return field === undefined
    ? { kind: "none" }
    : { kind: "declared", encoding: "base64", ...parseContentDigest(field) };
}
