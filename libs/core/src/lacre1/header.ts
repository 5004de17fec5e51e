import type { MacAlgorithm } from "../crypto/algorithms.js";
import { Refusal } from "../errors.js";
import { parseAuthParams, refuseValue } from "../http/auth-params.js";
import { digestAlgorithmNamed, formatContentDigest } from "../http/content-digest.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { Claims } from "../scheme/claims.js";
import { checkCoverage, contentDigestClaim } from "../scheme/coverage.js";
import { namesToSign } from "../scheme/names-to-sign.js";
import type { Form } from "../scheme/scheme.js";
import {
  ALGORITHM_NAMES,
  algorithmNamed,
  faultIn,
  hasPresignedName,
  headerLines,
  isMac,
  parseSignedHeaders,
  RECIPES,
  refuseFault,
} from "./grammar.js";

/*
 * docs/protocol.md sections 2 to 6: credentials in the Authorization header.
 */

const PARAMS = ["Credential", "Timestamp", "Nonce", "SignedHeaders", "Signature"] as const;

/** The header form of LACRE1. */
export const header: Form = {
  recognises: ({ headers }) =>
    headers.only("authorization")?.slice(0, 7).toUpperCase() === "LACRE1-",

  contentUse: ({ headers }) => digestAlgorithmNamed(headers.only("content-digest")),

  read(request) {
    const line = request.headers.only("authorization") ?? "";
    const values = parseAuthParams(line, PARAMS) as [string, string, string, string, string];
    const [appId, timestamp, nonce, list, mac] = values;
    const algorithm = algorithmNamed(line.slice(0, line.indexOf(" ")));
    if (algorithm === undefined) throw new Refusal("credentials-malformed", "unknown algorithm");
    const fault = faultIn(appId, timestamp, nonce);
    if (fault !== undefined) throw refuseValue(values, fault);
    const signedHeaders = parseSignedHeaders(list, values);
    if (!isMac(mac, algorithm)) throw refuseValue(values, "signature-malformed");
    checkCoverage(request, signedHeaders);
    const claims: Claims = {
      appId,
      recipe: RECIPES[algorithm],
      timestampSeconds: Number(timestamp),
      nonce,
      signedHeaders,
      mac,
      content: contentDigestClaim(request.headers),
    };
    return { claims, text: () => textOf(request, claims, list) };
  },

  write(request, { appId, algorithm }, { timestampSeconds, nonce }) {
    refuseFault(appId, timestampSeconds, nonce);
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
      appId,
      recipe: RECIPES[algorithm as MacAlgorithm],
      timestampSeconds,
      nonce,
      signedHeaders,
      mac: "",
      content: contentDigestClaim(headers),
    };
    const beginning = `${ALGORITHM_NAMES[algorithm]} Credential=${appId}, Timestamp=${timestampSeconds}, Nonce=${nonce}, SignedHeaders=${list}, Signature=`;
    return {
      claims,
      canonicalRequest: textOf(covered, claims, list),
      signedWith: (mac) => ({
        headers: [
          ...(digest === undefined ? [] : [["content-digest", digest] as const]),
          ["authorization", beginning + mac],
        ],
      }),
    };
  },
};

/** docs/protocol.md section 6. */
function textOf(
  { method, target, headers, authority }: SignableRequest,
  { recipe, appId, timestampSeconds, nonce, signedHeaders }: Claims,
  list: string,
): string {
  return `${ALGORITHM_NAMES[recipe.algorithm]}
${appId}
${timestampSeconds}
${nonce}
${method}
${target}
${headerLines(headers, signedHeaders, authority)}
${list}`;
}
