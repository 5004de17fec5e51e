import type { Secret } from "../crypto/secret.js";
import { Refusal } from "../errors.js";
import type { Claims, ContentUse } from "../flow.js";
import { parseAuthParams, refuseValue } from "../http/auth-params.js";
import { digestAlgorithmNamed, formatContentDigest } from "../http/content-digest.js";
import type { SignableRequest } from "../http/signable-request.js";
import { checkCoverage, contentDigestClaim, namesToSign } from "../scheme/coverage.js";
import type { Moment, RequestDraft, Scheme, Signatory, UnsignedRequest } from "../scheme/scheme.js";
import {
  ALGORITHM_NAMES,
  algorithmNamed,
  faultIn,
  hasPresignedName,
  headerLines,
  isMac,
  parseSignedHeaders,
} from "./grammar.js";
import { canonicalPresigned, draftPresigned, parsePresigned } from "./presigned.js";
import { responses } from "./response.js";

const PARAMS = ["Credential", "Timestamp", "Nonce", "SignedHeaders", "Signature"] as const;

/** LACRE1: docs/protocol.md. */
export const lacre1: Scheme = {
  name: "lacre1",
  challenges: Object.values(ALGORITHM_NAMES),
  keyEncodings: ["lk1", "base64", "hex", "text"],
  keyAlgorithms: ["sha256", "sha384", "sha512"],

  recognises(request) {
    return isHeaderForm(request) || hasPresignedName(request.target);
  },

  contentUse({ headers }): ContentUse {
    return digestAlgorithmNamed(headers.only("content-digest"));
  },

  parse(request) {
    if (!hasPresignedName(request.target)) return parseHeaderForm(request);
    // Presigned parameters are credentials too, and a request has one kind.
    if (request.headers.has("authorization"))
      throw new Refusal(
        "credentials-repeated",
        "a lacre- parameter beside an Authorization header",
      );
    return parsePresigned(request);
  },

  canonicalise(request, claims) {
    if (claims.presigned !== undefined) return canonicalPresigned(request, claims);
    const { appId, algorithm, timestampSeconds, nonce, signedHeaders } = claims;
    return `${ALGORITHM_NAMES[algorithm]}
${appId}
${timestampSeconds}
${nonce}
${request.method}
${request.target}
${headerLines(request.headers, signedHeaders, request.authority)}
${signedHeaders.join(";")}`;
  },

  mac(secret: Secret, claims: Claims, canonicalRequest: string) {
    return secret.mac(claims.algorithm, canonicalRequest, "hex");
  },

  draft(
    request: UnsignedRequest,
    { appId, algorithm }: Signatory,
    { timestampSeconds, nonce }: Moment,
  ): RequestDraft {
    const digest = request.contentSha256 && formatContentDigest(request.contentSha256("base64"));
    const headers =
      digest === undefined ? request.headers : request.headers.with("content-digest", digest);
    const covered: SignableRequest = { ...request, headers };
    const signedHeaders = namesToSign(headers, request.signedHeaders);
    const list = signedHeaders.join(";");
    parseSignedHeaders(list);
    if (hasPresignedName(request.target))
      throw new Refusal("credentials-repeated", "a lacre- parameter in the target");
    checkCoverage(covered, signedHeaders);
    const claims: Claims = {
      scheme: "lacre1",
      appId,
      algorithm,
      timestampSeconds,
      nonce,
      signedHeaders,
      mac: "",
      content: contentDigestClaim(headers),
    };
    const beginning = `${ALGORITHM_NAMES[algorithm]} Credential=${appId}, Timestamp=${timestampSeconds}, Nonce=${nonce}, SignedHeaders=${list}, Signature=`;
    return {
      claims,
      canonicalRequest: this.canonicalise(covered, claims),
      headersWith: (mac) => [
        ...(digest === undefined ? [] : [["content-digest", digest] as const]),
        ["authorization", beginning + mac],
      ],
    };
  },

  draftPresigned,
  responses,
};

const isHeaderForm = ({ headers }: SignableRequest): boolean =>
  headers.only("authorization")?.slice(0, 7).toUpperCase() === "LACRE1-";

function parseHeaderForm(request: SignableRequest): Claims {
  const header = request.headers.only("authorization") ?? "";
  const values = parseAuthParams(header, PARAMS) as [string, string, string, string, string];
  const [appId, timestamp, nonce, signedHeaders, signature] = values;
  const algorithm = algorithmNamed(header.slice(0, header.indexOf(" ")));
  if (algorithm === undefined) throw new Refusal("credentials-malformed", "unknown algorithm");
  const fault = faultIn(appId, timestamp, nonce);
  if (fault !== undefined) throw refuseValue(values, fault);
  const names = parseSignedHeaders(signedHeaders, values);
  if (!isMac(signature, algorithm)) throw refuseValue(values, "signature-malformed");

  checkCoverage(request, names);

  return {
    scheme: "lacre1",
    appId,
    algorithm,
    timestampSeconds: Number(timestamp),
    nonce,
    signedHeaders: names,
    mac: signature,
    content: contentDigestClaim(request.headers),
  };
}
