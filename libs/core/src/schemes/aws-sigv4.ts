import { createHmac, hash } from "node:crypto";
import { isAppIdText } from "../app-id.js";
import type { Secret } from "../crypto/secret.js";
import { ConfigurationError, Refusal } from "../errors.js";
import type { Claims, ContentClaim } from "../flow.js";
import { parseAuthParams, refuseValue } from "../http/auth-params.js";
import { consistsOf, LOWER_HEX } from "../http/characters.js";
import {
  encodeRfc3986,
  hasNormalEscapes,
  pathOf,
  queryOf,
  queryNameFinder,
  queryPairs,
} from "../http/query.js";
import type { HeaderLines } from "../http/header-lines.js";
import { isSafe, onlyLine } from "../http/receive.js";
import type { SignableRequest } from "../http/signable-request.js";
import {
  checkCoverage,
  namesToSign,
  signedHeadersReader,
  SIGNED_WHEN_PRESENT,
} from "./coverage.js";
import type { Moment, RequestDraft, Scheme, Signatory, UnsignedRequest } from "./scheme.js";

const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";
const PARAMS = ["Credential", "SignedHeaders", "Signature"] as const;
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const EMPTY_SHA256 = hash("sha256", "");
const parseSignedHeaders = signedHeadersReader((name) => name === "authorization");

/** Which deployment of SigV4 this is. */
export interface AwsSigV4Options {
  /** The region in the credential's scope, such as `eu-central-1`. */
  readonly region: string;
  /** The service in the credential's scope, such as `execute-api`. */
  readonly service: string;
  /**
   * How the path is signed. `plain`: normalised, then each segment encoded once more, as for every AWS service
   * but one. `s3`: as sent, neither normalised nor encoded twice. `plain` unless said otherwise.
   */
  readonly urlMode?: "plain" | "s3";
}

/**
 * AWS Signature Version 4, header form. The payload's hash is always that of the bytes: `UNSIGNED-PAYLOAD` and
 * `STREAMING-…` are refused. SigV4 has no nonce, so the signature itself is what is used once.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function awsSigV4(options: AwsSigV4Options): Scheme {
  const { region, service, urlMode = "plain" } = options;
  for (const [name, value] of Object.entries({ region, service }))
    if (typeof value !== "string" || !/^[a-z0-9-]{1,64}$/.test(value))
      throw new ConfigurationError(
        `awsSigV4.${name}`,
        "is not a scope name.",
        `Write ${name}: "…", as the callers do.`,
      );
  if (urlMode !== "plain" && urlMode !== "s3")
    throw new ConfigurationError("awsSigV4.urlMode", "is not a URL mode.", 'Use "plain" or "s3".');

  const scopeOf = (amzDate: string): string =>
    `${amzDate.slice(0, 8)}/${region}/${service}/${TERMINATOR}`;

  return {
    name: "aws-sigv4",
    challenges: [ALGORITHM],
    keyEncodings: ["text"],
    keyAlgorithms: ["sha256"],

    recognises({ headers, target }) {
      return headers.only("authorization")?.startsWith("AWS4-") === true || hasQueryForm(target);
    },

    contentUse: () => "sha256",

    parse(request) {
      const { headers } = request;
      if (hasQueryForm(request.target))
        throw headers.has("authorization")
          ? new Refusal("credentials-repeated", "X-Amz- parameters beside an Authorization header")
          : new Refusal("credentials-malformed", "the query form of SigV4 is not taken");
      const header = headers.only("authorization") ?? "";
      const values = parseAuthParams(header, PARAMS) as [string, string, string];
      const [credential, list, signature] = values;
      if (!header.startsWith(`${ALGORITHM} `))
        throw new Refusal("credentials-malformed", "unknown algorithm");

      const amzDate = onlyLine(headers, "x-amz-date");
      const timestampSeconds = parseAmzDate(amzDate);
      const slash = credential.indexOf("/");
      const appId = credential.slice(0, Math.max(slash, 0));
      if (!isAppIdText(appId)) throw refuseValue(values, "app-id-malformed");
      if (credential.slice(slash + 1) !== scopeOf(amzDate))
        throw refuseValue(
          values,
          "scope-wrong",
          `expected date/${region}/${service}/${TERMINATOR}`,
        );
      const names = parseSignedHeaders(list, values);
      if (!isSha256Hex(signature)) throw refuseValue(values, "signature-malformed");

      checkCoverage(request, names, mustBeSigned(headers));
      refuseSecondSpellings(request.target, urlMode);
      return {
        scheme: "aws-sigv4",
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: hash("sha256", signature), // not itself: a principal is shown around, and a MAC is not
        repeatable: isSafe(request.method),
        signedHeaders: names,
        mac: signature,
        content: contentClaim(request),
      };
    },

    canonicalise(request, { signedHeaders, content }, digest) {
      const payload = content.kind === "declared" ? content.digest : (digest ?? EMPTY_SHA256);
      return `${request.method}
${canonicalPath(pathOf(request.target), urlMode)}
${canonicalQuery(queryOf(request.target) ?? "")}
${headerLines(request, signedHeaders)}
${signedHeaders.join(";")}
${payload}`;
    },

    mac(secret: Secret, { timestampSeconds }: Claims, canonicalRequest: string) {
      const amzDate = formatAmzDate(timestampSeconds);
      const scope = scopeOf(amzDate);
      const stringToSign = `${ALGORITHM}
${amzDate}
${scope}
${hash("sha256", canonicalRequest)}`;
      return secret
        .derive(scope, (bytes) => signingKey(bytes, scope))
        .mac("sha256", stringToSign, "hex");
    },

    draft(
      request: UnsignedRequest,
      { appId }: Signatory,
      { timestampSeconds }: Moment,
    ): RequestDraft {
      const amzDate = formatAmzDate(timestampSeconds);
      const digest = request.contentSha256?.("hex") ?? EMPTY_SHA256;
      const headers = request.headers
        .with("x-amz-date", amzDate)
        .with("x-amz-content-sha256", digest);
      const covered = { ...request, headers };
      const signedHeaders = namesToSign(headers, request.signedHeaders, mustBeSigned(headers));
      checkCoverage(covered, parseSignedHeaders(signedHeaders.join(";")));
      refuseSecondSpellings(request.target, urlMode);
      if (hasQueryForm(request.target))
        throw new Refusal("credentials-repeated", "X-Amz- parameters in the query");

      const claims: Claims = {
        scheme: "aws-sigv4",
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: "",
        signedHeaders,
        mac: "",
        content: contentClaim(covered),
      };
      const beginning = `${ALGORITHM} Credential=${appId}/${scopeOf(amzDate)}, SignedHeaders=${signedHeaders.join(";")}, Signature=`;
      return {
        claims,
        canonicalRequest: this.canonicalise(covered, claims),
        headersWith: (mac) => [
          ["x-amz-date", amzDate],
          ["x-amz-content-sha256", digest],
          ["authorization", beginning + mac],
        ],
      };
    },
  };
}

/** Beside what must always be: every `x-amz-` header that was sent. */
function mustBeSigned(headers: HeaderLines): readonly string[] {
  const amzHeaders = [...headers.names()].filter((name) => name.startsWith("x-amz-"));
  return [...SIGNED_WHEN_PRESENT, ...amzHeaders];
}

const hasQueryForm = queryNameFinder("x-amz-signature", "x-amz-credential", "x-amz-algorithm");

const isSha256Hex = (text: string): boolean => text.length === 64 && consistsOf(text, LOWER_HEX);

/** "AWS4" + secret → date → region → service → terminator: the chain of HMACs that gives the signing key. */
function signingKey(secret: Buffer, scope: string): Buffer {
  let key = Buffer.concat([Buffer.from("AWS4"), secret]);
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  return key;
}

function contentClaim({ headers }: SignableRequest): ContentClaim {
  const declared = headers.only("x-amz-content-sha256");
  if (declared === undefined) return { kind: "maced", from: "sha256" };
  if (declared.startsWith("UNSIGNED-") || declared.startsWith("STREAMING-"))
    throw new Refusal("payload-unsigned", "x-amz-content-sha256");
  if (!isSha256Hex(declared)) throw new Refusal("digest-malformed", "x-amz-content-sha256");
  return { kind: "declared", algorithm: "sha256", encoding: "hex", digest: declared };
}

function parseAmzDate(text: string): number {
  const [, year, month, day, hour, minute, second] = (AMZ_DATE.exec(text) ?? []).map(Number);
  const ms = year === undefined ? NaN : Date.UTC(year, (month ?? 0) - 1, day, hour, minute, second);
  // The 31st of February would quietly become the 3rd of March.
  if (Number.isNaN(ms) || ms <= 0 || formatAmzDate(ms / 1000) !== text)
    throw new Refusal("timestamp-malformed", "x-amz-date");
  return ms / 1000;
}

function formatAmzDate(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString(); // 2015-08-30T12:36:00.000Z
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** `name:value` for each signed header, runs of spaces folded, repeated lines joined, each ended by LF. */
function headerLines({ headers, host }: SignableRequest, names: readonly string[]): string {
  let lines = "";
  for (const name of names) {
    const values = name === "host" ? [host] : headers.all(name);
    lines += `${name}:${values.map((value) => value.replace(/ {2,}/g, " ")).join(",")}\n`;
  }
  return lines;
}

function canonicalPath(path: string, urlMode: "plain" | "s3"): string {
  if (urlMode === "s3") return path.split("/").map(encodeOnce).join("/");
  return normalisePath(path).split("/").map(encodeRfc3986).join("/");
}

const NOT_NORMAL = /^$|\/\/|\/\.{1,2}(?:\/|$)/;

/** RFC 3986 §5.2.4, and empty segments removed; a slash at the end stays. */
function normalisePath(path: string): string {
  if (!NOT_NORMAL.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "." && segment !== "") kept.push(segment);
  }
  const endsInFolder = /(?:^|\/)\.{0,2}$/.test(path);
  return kept.length === 0 ? "/" : `/${kept.join("/")}${endsInFolder ? "/" : ""}`;
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return queryPairs(query)
    .map(([name, value]) => [encodeOnce(name), encodeOnce(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? compareBytes(x, y) : compareBytes(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

const compareBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function encodeOnce(text: string): string {
  if (!text.includes("%")) return encodeRfc3986(text);
  try {
    return encodeRfc3986(decodeURIComponent(text));
  } catch {
    return encodeRfc3986(text);
  }
}

/**
 * One signature must not open two targets. SigV4 signs `/a//b` and `/a/./b` as `/a/b`, and `%2f` as `%2F`,
 * while a router tells them apart: a target that is not in its normal form is refused.
 */
function refuseSecondSpellings(target: string, urlMode: "plain" | "s3"): void {
  const path = pathOf(target);
  const normalPath = urlMode === "s3" ? hasNormalEscapes(path) : normalisePath(path) === path;
  if (!normalPath || !hasNormalQuery(queryOf(target)))
    throw new Refusal("target-malformed", "has a second spelling under the same signature");
}

/**
 * SigV4 signs `+` as `%2B`, while a form decoder reads the one as a space and the other as a plus; and it leaves out
 * parameters that are empty. What it cannot tell apart and this check allows reads the same everywhere: `a` and `a=`,
 * a reserved character and its escape. The order of parameters it does not sign at all.
 */
function hasNormalQuery(query: string | undefined): boolean {
  return query === undefined || (!/\+|^$|^&|&&|&$/.test(query) && hasNormalEscapes(query));
}
