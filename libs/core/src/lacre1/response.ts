import type { MacAlgorithm } from "../crypto/algorithms.js";
import { Refusal } from "../errors.js";
import { parseAuthParams } from "../http/auth-params.js";
import { formatContentDigest } from "../http/content-digest.js";
import {
  checkListed,
  checkMinimum,
  contentDigestClaim,
  SIGNED_IN_ANSWERS,
} from "../scheme/coverage.js";
import type { ResponseScheme, SignableResponse } from "../scheme/scheme.js";
import { ALGORITHM_NAMES, headerLines, isMac, isTimestamp, parseSignedHeaders } from "./grammar.js";

/*
 * docs/protocol.md section 11: a response that is bound to the request that it answers.
 */

const PARAMS = ["Timestamp", "SignedHeaders", "Signature"] as const;

const firstLine = (algorithm: MacAlgorithm): string => `${ALGORITHM_NAMES[algorithm]}-RESPONSE`;

/** How LACRE1 signs responses. */
export const responses: ResponseScheme = {
  field: "lacre-signature",
  fields: ["Lacre-Signature", "Content-Digest"],
  clockField: "Lacre-Clock",
  macEncoding: "hex",

  draft(response, request, timestampSeconds) {
    const { algorithm } = request.claims;
    const { contentSha256 } = response;
    const digest = contentSha256 && formatContentDigest(contentSha256("base64"));
    const headers =
      digest === undefined ? response.headers : response.headers.with("content-digest", digest);
    const covered: SignableResponse = { status: response.status, headers };
    const wanted = [...SIGNED_IN_ANSWERS, ...response.signedHeaders];
    const signedHeaders = [...new Set(wanted)].filter((name) => headers.has(name)).sort();
    const list = signedHeaders.join(";");
    if (list !== "") parseSignedHeaders(list);
    checkListed(headers, signedHeaders);
    checkMinimum(headers, signedHeaders, SIGNED_IN_ANSWERS);
    const claims = { timestampSeconds, signedHeaders, mac: "" };
    const beginning = `${firstLine(algorithm)} Timestamp=${timestampSeconds}, SignedHeaders=${list}, Signature=`;
    return {
      canonicalResponse: this.canonicalise(covered, claims, request),
      headersWith: (mac) => [
        ...(digest === undefined ? [] : [["Content-Digest", digest] as const]),
        ["Lacre-Signature", beginning + mac],
      ],
    };
  },

  parse({ headers }, field, { claims: { algorithm } }) {
    const [timestamp, list, mac] = parseAuthParams(field, PARAMS) as [string, string, string];
    if (field.slice(0, field.indexOf(" ")) !== firstLine(algorithm))
      throw new Refusal("signature-malformed", "not the algorithm of the request");
    if (!isTimestamp(timestamp)) throw new Refusal("timestamp-malformed");
    const signedHeaders = list === "" ? [] : parseSignedHeaders(list);
    if (!isMac(mac, algorithm)) throw new Refusal("signature-malformed");
    checkListed(headers, signedHeaders);
    return { timestampSeconds: Number(timestamp), signedHeaders, mac };
  },

  canonicalise({ status, headers }, { timestampSeconds, signedHeaders }, { claims: request }) {
    return `${firstLine(request.algorithm)}
${request.appId}
${request.mac}
${timestampSeconds}
${status}
${headerLines(headers, signedHeaders)}
${signedHeaders.join(";")}`;
  },

  cover({ headers }, { signedHeaders }) {
    checkMinimum(headers, signedHeaders, SIGNED_IN_ANSWERS);
    return contentDigestClaim(headers);
  },
};
