import type { MacAlgorithm } from "../crypto/algorithms.js";
import { Refusal } from "../errors.js";
import { parseAuthParams } from "../http/auth-params.js";
import { formatContentDigest } from "../http/content-digest.js";
import { checkListed, checkMinimum, contentDigestClaim } from "../scheme/coverage.js";
import { SIGNED_IN_ANSWERS } from "../scheme/signed-fields.js";
import type {
  AnsweredRequest,
  ResponseClaims,
  ResponseScheme,
  SignableResponse,
} from "../scheme/response-scheme.js";
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

  write(response, request, timestampSeconds) {
    const { recipe } = request.claims;
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
    const beginning = `${firstLine(recipe.algorithm)} Timestamp=${timestampSeconds}, SignedHeaders=${list}, Signature=`;
    return {
      recipe,
      canonicalResponse: textOf(covered, { timestampSeconds, signedHeaders }, request),
      headersWith: (mac) => [
        ...(digest === undefined ? [] : [["Content-Digest", digest] as const]),
        ["Lacre-Signature", beginning + mac],
      ],
    };
  },

  read(response, field, request) {
    const { headers } = response;
    const { recipe } = request.claims;
    const [timestamp, list, mac] = parseAuthParams(field, PARAMS) as [string, string, string];
    if (field.slice(0, field.indexOf(" ")) !== firstLine(recipe.algorithm))
      throw new Refusal("signature-malformed", "not the algorithm of the request");
    if (!isTimestamp(timestamp)) throw new Refusal("timestamp-malformed");
    const signedHeaders = list === "" ? [] : parseSignedHeaders(list);
    if (!isMac(mac, recipe.algorithm)) throw new Refusal("signature-malformed");
    checkListed(headers, signedHeaders);
    const claims = { timestampSeconds: Number(timestamp), signedHeaders, mac };
    return {
      claims,
      recipe,
      text: textOf(response, claims, request),
      cover: () => {
        checkMinimum(headers, signedHeaders, SIGNED_IN_ANSWERS);
        return contentDigestClaim(headers);
      },
    };
  },
};

function textOf(
  { status, headers }: SignableResponse,
  { timestampSeconds, signedHeaders }: Omit<ResponseClaims, "mac">,
  { claims: request }: AnsweredRequest,
): string {
  return `${firstLine(request.recipe.algorithm)}
${request.appId}
${request.mac}
${timestampSeconds}
${status}
${headerLines(headers, signedHeaders)}
${signedHeaders.join(";")}`;
}
