import { hash } from "node:crypto";
import {
  checkCoverage,
  type Claims,
  ConfigurationError,
  encodeRfc3986,
  type Form,
  namesToSign,
  type PresignedMoment,
  queryNameFinder,
  queryOf,
  queryPairs,
  type Reading,
  Refusal,
  refuseUnpresignable,
  refuseUnpresignableMethod,
  type SignableRequest,
} from "@lacre/core/scheme";
import type { Setting } from "./options.js";
import {
  ALGORITHM,
  formatAmzDate,
  isSha256Hex,
  parseAmzDate,
  readCredential,
  recipeOf,
  scopeOf,
} from "./scope.js";
import {
  EMPTY_SHA256,
  mustBeSigned,
  parseSignedHeaders,
  refuseSecondSpellings,
  textOf,
} from "./text.js";

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
const PAYLOAD = "X-Amz-Content-Sha256";
/** Signed like any other parameter, but each at most once. */
const OPTIONAL = ["X-Amz-Security-Token", PAYLOAD] as const;
type Name = (typeof NAMES)[number] | (typeof OPTIONAL)[number];
const UNSIGNED = "UNSIGNED-PAYLOAD";
const MAX_SECONDS = 604_800; // a week
const EXPIRES = /^[1-9][0-9]{0,5}$/;

/** Whether the target has credentials, right or wrong. */
export const isPresigned = queryNameFinder(
  "x-amz-signature",
  "x-amz-credential",
  "x-amz-algorithm",
);

/** What the URL says, or will say. */
interface Credentials {
  readonly appId: string;
  readonly amzDate: string;
  readonly timestampSeconds: number;
  readonly expiresSeconds: number;
  readonly signedHeaders: readonly string[];
  readonly payload: string;
  /** None before it is made. */
  readonly signature?: string;
}

/** The presigned form of SigV4. */
export function presignedForm(setting: Setting): Form<PresignedMoment> {
  return {
    recognises: ({ target }) => isPresigned(target),

    contentUse: () => "sha256",

    read(request) {
      if (request.headers.has("authorization"))
        throw new Refusal("credentials-repeated", "X-Amz- parameters beside Authorization");
      return readingOf(request, readCredentials(request, setting), setting);
    },

    write(request, { appId }, moment) {
      if (moment.singleUse)
        throw new ConfigurationError(
          "singleUse",
          "is nothing that a URL of SigV4 can say.",
          'Say replay: "once" on the route.',
        );
      refuseUnpresignable(request, moment, {
        isPresigned: isPresigned(request.target),
        maxSeconds: MAX_SECONDS,
      });
      const mandatory = mustBeSigned(request.headers, setting);
      const signedHeaders = namesToSign(request.headers, request.signedHeaders, mandatory);
      const list = signedHeaders.join(";");
      checkCoverage(request, parseSignedHeaders(list), mandatory);
      const { timestampSeconds, expiresSeconds } = moment;
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
      const payload = payloadOf(readParameters(target), setting);
      const times = { amzDate, timestampSeconds, expiresSeconds };
      const credentials = { appId, ...times, signedHeaders, payload };
      const { claims, text } = readingOf({ ...request, target }, credentials, setting);
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({ headers: [], target: `${target}&${SIGNATURE}=${mac}` }),
      };
    },
  };
}

function readCredentials(request: SignableRequest, setting: Setting): Credentials {
  const parameters = readParameters(request.target);
  const [algorithm, credential, amzDate, expires, list, signature] = NAMES.map((name) => {
    const value = parameters.get(name);
    if (value === undefined) throw malformed(`no ${name}`);
    return value;
  }) as [string, string, string, string, string, string];
  if (algorithm !== ALGORITHM) throw malformed("unknown algorithm");
  if (!EXPIRES.test(expires) || Number(expires) > MAX_SECONDS)
    throw malformed("X-Amz-Expires is not 1 to 604800");
  const timestampSeconds = parseAmzDate(amzDate);
  const appId = readCredential(
    credential,
    setting,
    amzDate,
    (code, detail) => new Refusal(code, detail),
  );
  const signedHeaders = parseSignedHeaders(list);
  if (!isSha256Hex(signature)) throw new Refusal("signature-malformed");
  refuseUnpresignableMethod(request.method);
  checkCoverage(request, signedHeaders, mustBeSigned(request.headers, setting));
  refuseSecondSpellings(request.target, setting);
  const payload = payloadOf(parameters, setting);
  const times = { amzDate, timestampSeconds, expiresSeconds: Number(expires) };
  return { appId, ...times, signedHeaders, payload, signature };
}

function readingOf(
  request: SignableRequest,
  { appId, amzDate, signedHeaders, payload, signature = "", ...times }: Credentials,
  setting: Setting,
): Reading {
  const claims: Claims = {
    appId,
    recipe: recipeOf(setting, amzDate),
    timestampSeconds: times.timestampSeconds,
    nonce: signature === "" ? "" : hash("sha256", signature), // for a route that takes even these once
    repeatable: true,
    signedHeaders,
    mac: signature,
    content: { kind: "none" },
    presigned: { expiresSeconds: times.expiresSeconds },
  };
  return {
    claims,
    text() {
      const pairs = (queryOf(request.target) ?? "").split("&");
      const signed = pairs.filter((pair) => !pair.startsWith(`${SIGNATURE}=`)).join("&");
      return textOf(request, signedHeaders, setting.urlMode, signed, payload);
    },
  };
}

/** The parameters of SigV4, each at most once and in AWS's letters. */
function readParameters(target: string): ReadonlyMap<Name, string> {
  const found = new Map<Name, string>();
  for (const [name, value] of queryPairs(queryOf(target) ?? "")) {
    const known = KNOWN.get(name.toLowerCase());
    if (known === undefined) continue;
    // Signers move the header with the payload's hash into the query in the letters in which they were given it.
    if (name !== known && known !== PAYLOAD) throw malformed(`${known} in other letters`);
    if (found.has(known)) throw malformed(`${known} twice`);
    found.set(known, decoded(value));
  }
  return found;
}

const KNOWN = new Map([...NAMES, ...OPTIONAL].map((name) => [name.toLowerCase(), name]));

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw malformed("invalid percent-escape");
  }
}

/**
 * The last line of the text. There is no content, and whether there is any is seen from the bytes; but the services
 * differ in how they say so: S3 says that none is signed, the others sign the hash of nothing.
 */
function payloadOf(parameters: ReadonlyMap<Name, string>, { urlMode }: Setting): string {
  const said = parameters.get(PAYLOAD);
  if (said === undefined) return urlMode === "s3" ? UNSIGNED : EMPTY_SHA256;
  if (said !== UNSIGNED && said !== EMPTY_SHA256)
    throw new Refusal("payload-unsigned", "a presigned URL has no content");
  return said;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
