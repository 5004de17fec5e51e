import { hash } from "node:crypto";
import {
  checkCoverage,
  type Claims,
  ConfigurationError,
  encodeRfc3986,
  isAppIdText,
  type Moment,
  namesToSign,
  type PresignedDraft,
  type PresignedTerms,
  queryNameFinder,
  queryOf,
  queryPairs,
  Refusal,
  type SignableRequest,
  type Signatory,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import {
  ALGORITHM,
  canonicalRequest,
  EMPTY_SHA256,
  expectedScope,
  formatAmzDate,
  isSha256Hex,
  mustBeSigned,
  parseAmzDate,
  parseSignedHeaders,
  refuseSecondSpellings,
  scopeOf,
  type Setting,
} from "./canonical.js";

/*
 * The query form: a URL that authorises one GET or one HEAD.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

const SIGNATURE = "X-Amz-Signature";
const NAMES = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  SIGNATURE,
] as const;
/** Signed like any other parameter, but each at most once. */
const OPTIONAL = ["X-Amz-Security-Token", "X-Amz-Content-Sha256"] as const;
const UNSIGNED = "UNSIGNED-PAYLOAD";
const MAX_SECONDS = 604_800; // a week
const EXPIRES = /^[1-9][0-9]{0,5}$/;

/** Whether the target has credentials, right or wrong. */
export const hasQueryForm = queryNameFinder(
  "x-amz-signature",
  "x-amz-credential",
  "x-amz-algorithm",
);

/** Reads the credentials in the query. */
export function parsePresigned(request: SignableRequest, setting: Setting): Claims {
  const parameters = readParameters(request.target);
  const [algorithm, credential, amzDate, expires, list, signature] = NAMES.map(
    (name) => parameters.get(name.toLowerCase()) ?? "",
  ) as [string, string, string, string, string, string];
  if (algorithm !== ALGORITHM) throw malformed("unknown algorithm");
  if (!areSeconds(expires)) throw malformed("X-Amz-Expires is not 1 to 604800");
  const timestampSeconds = parseAmzDate(amzDate);
  const slash = credential.indexOf("/");
  const appId = credential.slice(0, Math.max(slash, 0));
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  if (credential.slice(slash + 1) !== scopeOf(setting, amzDate))
    throw new Refusal("scope-wrong", expectedScope(setting));
  const signedHeaders = parseSignedHeaders(list);
  if (!isSha256Hex(signature)) throw new Refusal("signature-malformed");
  refuseMethod(request.method);
  checkCoverage(request, signedHeaders, mustBeSigned(request.headers));
  refuseSecondSpellings(request.target, setting);
  payloadOf(parameters, setting);
  return {
    scheme: setting.name,
    appId,
    algorithm: "sha256",
    timestampSeconds,
    nonce: hash("sha256", signature), // for a route that takes even these once
    repeatable: true,
    signedHeaders,
    mac: signature,
    content: { kind: "none" },
    presigned: { expiresSeconds: Number(expires) },
  };
}

/** The parameters of SigV4, by their names in lower case; each once and in AWS's letters, none missing. */
function readParameters(target: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of queryPairs(queryOf(target) ?? "")) {
    const lower = name.toLowerCase();
    const known = [...NAMES, ...OPTIONAL].find((each) => each.toLowerCase() === lower);
    if (known === undefined) continue;
    // Signers move the header with the payload's hash into the query in the letters in which they were given it.
    if (name !== known && known !== "X-Amz-Content-Sha256")
      throw malformed(`${known} in other letters`);
    if (found.has(lower)) throw malformed(`${known} twice`);
    found.set(lower, decoded(value));
  }
  const missing = NAMES.find((name) => !found.has(name.toLowerCase()));
  if (missing !== undefined) throw malformed(`no ${missing}`);
  return found;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw malformed("an escape that is none");
  }
}

/**
 * The last line of the text. There is no content, and whether there is any is seen from the bytes; but the services
 * differ in how they say so: S3 says that none is signed, the others sign the hash of nothing.
 */
function payloadOf(parameters: ReadonlyMap<string, string>, { urlMode }: Setting): string {
  const said = parameters.get("x-amz-content-sha256");
  if (said === undefined) return urlMode === "s3" ? UNSIGNED : EMPTY_SHA256;
  if (said !== UNSIGNED && said !== EMPTY_SHA256)
    throw new Refusal("payload-unsigned", "a presigned URL has no content");
  return said;
}

/** Like the text of the header form, but the signature is not in the query. */
export function canonicalPresigned(
  request: SignableRequest,
  { signedHeaders }: Claims,
  setting: Setting,
): string {
  const query = queryOf(request.target) ?? "";
  const signed = query.split("&").filter((pair) => !pair.startsWith(`${SIGNATURE}=`));
  const parameters = new Map(
    queryPairs(query).flatMap(([name, value]) =>
      name.toLowerCase() === "x-amz-content-sha256" ? [["x-amz-content-sha256", value]] : [],
    ),
  );
  return canonicalRequest(
    request,
    signedHeaders,
    setting,
    signed.join("&"),
    payloadOf(parameters, setting),
  );
}

/** Prepares a presigned URL. */
export function draftPresigned(
  request: UnsignedRequest,
  { appId }: Signatory,
  { timestampSeconds }: Moment,
  { expiresSeconds, singleUse }: PresignedTerms,
  setting: Setting,
): PresignedDraft {
  if (singleUse)
    throw new ConfigurationError(
      "singleUse",
      "is nothing that a URL of SigV4 can say.",
      'Say replay: "once" on the route.',
    );
  refuseMethod(request.method);
  if (request.contentSha256 !== undefined)
    throw new Refusal("content-undigested", "a presigned URL has no content");
  if (request.headers.has("authorization") || hasQueryForm(request.target))
    throw new Refusal("credentials-repeated", "a presigned URL has credentials of its own");
  if (!areSeconds(String(expiresSeconds)))
    throw malformed("a presigned URL lives for 1 to 604800 whole seconds");
  const mandatory = mustBeSigned(request.headers);
  const signedHeaders = namesToSign(request.headers, request.signedHeaders, mandatory);
  const list = signedHeaders.join(";");
  checkCoverage(request, parseSignedHeaders(list), mandatory);
  const amzDate = formatAmzDate(timestampSeconds);
  const { sessionToken } = setting;
  const parameters = [
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${appId}/${scopeOf(setting, amzDate)}`],
    ["X-Amz-Date", amzDate],
    ["X-Amz-Expires", String(expiresSeconds)],
    ...(sessionToken === undefined ? [] : [["X-Amz-Security-Token", sessionToken]]),
    ["X-Amz-SignedHeaders", list],
  ].map(([name, value = ""]) => `${name}=${encodeRfc3986(value)}`);
  const target = `${request.target}${request.target.includes("?") ? "&" : "?"}${parameters.join("&")}`;
  refuseSecondSpellings(target, setting);
  const claims: Claims = {
    scheme: setting.name,
    appId,
    algorithm: "sha256",
    timestampSeconds,
    nonce: "",
    repeatable: true,
    signedHeaders,
    mac: "",
    content: { kind: "none" },
    presigned: { expiresSeconds },
  };
  return {
    claims,
    canonicalRequest: canonicalPresigned({ ...request, target }, claims, setting),
    targetWith: (mac) => `${target}&${SIGNATURE}=${mac}`,
  };
}

const areSeconds = (text: string): boolean => EXPIRES.test(text) && Number(text) <= MAX_SECONDS;

function refuseMethod(method: string): void {
  if (method !== "GET" && method !== "HEAD")
    throw new Refusal("method-refused", "a presigned URL is for GET or HEAD");
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
