import type { MacAlgorithm } from "../crypto/algorithms.js";
import { Refusal } from "../errors.js";
import { digestAlgorithmNamed } from "../http/content-digest.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { Claims, ContentClaim } from "../scheme/claims.js";
import { checkCoverage, contentDigestClaim } from "../scheme/coverage.js";
import { namesToSign } from "../scheme/names-to-sign.js";
import type { PresignedMoment } from "../scheme/draft.js";
import { refuseUnpresignable, refuseUnpresignableMethod } from "../scheme/presigning.js";
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
 * docs/protocol.md section 12: a URL that authorises one GET or one HEAD.
 */

const SUFFIX = "-PRESIGNED";
const FIRST = "Lacre-Algorithm=";
const SIGNATURE = "&Lacre-Signature=";
/** The largest number of `EXPIRES`. */
const MAX_SECONDS = 999_999;
const EXPIRES = /^[1-9][0-9]{0,5}$/;
const NAMES = ["Algorithm", "Credential", "Timestamp", "Expires", "Nonce", "SignedHeaders"];

/** The presigned form of LACRE1. */
export const presigned: Form<PresignedMoment> = {
  recognises: ({ target }) => hasPresignedName(target),

  contentUse: ({ headers }) => digestAlgorithmNamed(headers.only("content-digest")),

  read(request) {
    // Presigned parameters are credentials too, and a request has one kind.
    if (request.headers.has("authorization"))
      throw new Refusal(
        "credentials-repeated",
        "a lacre- parameter beside an Authorization header",
      );
    const { target } = request;
    const values = readParameters(target);
    const [name = "", appId = "", timestamp = "", expires = "", nonce, list = "", mac = ""] =
      values;
    const algorithm = name.endsWith(SUFFIX)
      ? algorithmNamed(name.slice(0, -SUFFIX.length))
      : undefined;
    if (algorithm === undefined) throw malformed("unknown algorithm");
    if (!EXPIRES.test(expires)) throw malformed("Lacre-Expires is not 1 to 6 digits of seconds");
    const fault = faultIn(appId, timestamp, nonce);
    if (fault !== undefined) throw new Refusal(fault);
    const signedHeaders = parseSignedHeaders(list);
    if (!isMac(mac, algorithm)) throw new Refusal("signature-malformed");
    refuseUnpresignableMethod(request.method);
    checkCoverage(request, signedHeaders);
    const claims: Claims = {
      appId,
      recipe: RECIPES[algorithm],
      timestampSeconds: Number(timestamp),
      nonce: nonce ?? "",
      signedHeaders,
      mac,
      content: emptyContent(request),
      presigned: { expiresSeconds: Number(expires) },
      repeatable: nonce === undefined,
    };
    // The target ends before the signature.
    const signed = target.slice(0, target.lastIndexOf(SIGNATURE));
    return { claims, text: () => textOf(request, claims, signed) };
  },

  write(request, { appId, algorithm }, moment) {
    const isPresigned = hasPresignedName(request.target);
    refuseUnpresignable(request, moment, { isPresigned, maxSeconds: MAX_SECONDS });
    if (request.headers.has("content-digest"))
      throw new Refusal("content-undigested", "a presigned URL has no content");
    const { timestampSeconds, nonce, expiresSeconds, singleUse } = moment;
    refuseFault(appId, timestampSeconds, singleUse ? nonce : undefined);
    const signedHeaders = namesToSign(request.headers, request.signedHeaders);
    const list = signedHeaders.join(";");
    parseSignedHeaders(list);
    checkCoverage(request, signedHeaders);
    const claims: Claims = {
      appId,
      recipe: RECIPES[algorithm as MacAlgorithm],
      timestampSeconds,
      nonce: singleUse ? nonce : "",
      signedHeaders,
      mac: "",
      content: { kind: "none" },
      presigned: { expiresSeconds },
      repeatable: !singleUse,
    };
    const parameters = [
      `${FIRST}${ALGORITHM_NAMES[algorithm]}${SUFFIX}`,
      `Lacre-Credential=${appId}`,
      `Lacre-Timestamp=${timestampSeconds}`,
      `Lacre-Expires=${expiresSeconds}`,
      ...(singleUse ? [`Lacre-Nonce=${nonce}`] : []),
      `Lacre-SignedHeaders=${list}`,
    ].join("&");
    const target = `${request.target}${request.target.includes("?") ? "&" : "?"}${parameters}`;
    return {
      claims,
      canonicalRequest: textOf(request, claims, target),
      signedWith: (mac) => ({ headers: [], target: target + SIGNATURE + mac }),
    };
  },
};

/** The values in the order of `NAMES`, and the signature; each parameter in its place, and no other `lacre-` anywhere. */
function readParameters(target: string): (string | undefined)[] {
  const start = target.lastIndexOf(FIRST);
  const before = target.slice(0, Math.max(start, 0));
  // A "?" later than the first is a part of some value.
  const isParameter = before.endsWith("&")
    ? before.includes("?")
    : before.endsWith("?") && before.indexOf("?") === start - 1;
  if (!isParameter) throw malformed("a lacre- parameter without the others");
  if (hasPresignedName(before)) throw malformed("a lacre- parameter before the others");
  const given = target.slice(start).split("&");
  const names = given.length === NAMES.length ? NAMES.filter((name) => name !== "Nonce") : NAMES;
  const expected = [...names, "Signature"];
  if (
    given.length !== expected.length ||
    given.some((pair, i) => !pair.startsWith(`Lacre-${expected[i]}=`))
  )
    throw malformed("not the parameters of a presigned URL in their order");
  const values: (string | undefined)[] = given.map((pair) => pair.slice(pair.indexOf("=") + 1));
  if (names !== NAMES) values.splice(NAMES.indexOf("Nonce"), 0, undefined);
  return values;
}

/** Like the text of a request, but for its first line. */
function textOf(
  { method, headers, authority }: SignableRequest,
  { appId, recipe, timestampSeconds, nonce, signedHeaders }: Claims,
  target: string,
): string {
  return `${ALGORITHM_NAMES[recipe.algorithm]}${SUFFIX}
${appId}
${timestampSeconds}
${nonce}
${method}
${target}
${headerLines(headers, signedHeaders, authority)}
${signedHeaders.join(";")}`;
}

/** A digest may be there, but of nothing. */
function emptyContent({ headers }: SignableRequest): ContentClaim {
  const claim = contentDigestClaim(headers);
  return claim.kind === "declared" ? { ...claim, mustBeEmpty: true } : claim;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
