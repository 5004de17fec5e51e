import {
  encodeRfc3986,
  type Form,
  pathOf,
  queryOf,
  type Reading,
  type SignableRequest,
} from "@lacre/core/scheme";
import { type Coverage, coverageOf, DIGEST_FIELD } from "./coverage.js";
import {
  type Credentials,
  readCredentials,
  readNames,
  TIMESTAMP_FIELD,
  VERSION,
  WORD,
} from "./credentials.js";
import { RECIPE } from "./recipe.js";

/** What is signed without being listed. */
const OWN_LINES: readonly string[] = [TIMESTAMP_FIELD, DIGEST_FIELD, "content-type", "host"];

/** The header form of Acquia's HTTP HMAC 2.0 for one realm. */
export function headerForm(realm: string): Form {
  const encodedRealm = encodeRfc3986(realm);
  return {
    recognises({ headers }) {
      const header = headers.only("authorization");
      return header?.split(" ", 1)[0]?.toLowerCase() === WORD;
    },

    contentUse: () => "sha256",

    read: (request) => readingOf(request, readCredentials(request.headers, realm), encodedRealm),

    write(request, { appId }, { timestampSeconds, nonce }) {
      const timestamp = String(timestampSeconds);
      const digest = request.contentSha256?.("base64");
      const timed = request.headers.with(TIMESTAMP_FIELD, timestamp);
      const headers = digest === undefined ? timed : timed.with(DIGEST_FIELD, digest);
      const others = request.signedHeaders.filter((name) => !OWN_LINES.includes(name));
      const names = readNames(others.join(";"));
      const unsigned: Credentials = { appId, nonce, timestamp, names, signature: "" };
      const { claims, text } = readingOf({ ...request, headers }, unsigned, encodedRealm);
      const beginning =
        `${WORD} realm="${encodedRealm}",id="${appId}",nonce="${nonce}",version="${VERSION}",` +
        `headers="${encodeRfc3986(names.join(";"))}",signature="`;
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({
          headers: [
            [TIMESTAMP_FIELD, timestamp],
            ...(digest === undefined ? [] : [[DIGEST_FIELD, digest] as const]),
            ["authorization", `${beginning}${mac}"`],
          ],
        }),
      };
    },
  };
}

function readingOf(
  request: SignableRequest,
  credentials: Credentials,
  encodedRealm: string,
): Reading {
  const { appId, nonce, timestamp, names, signature } = credentials;
  const coverage = coverageOf(request, names);
  const { signedHeaders, digest } = coverage;
  return {
    claims: {
      appId,
      recipe: RECIPE,
      timestampSeconds: Number(timestamp),
      nonce,
      signedHeaders,
      mac: signature,
      content:
        digest === undefined
          ? { kind: "none" }
          : { kind: "declared", algorithm: "sha256", encoding: "base64", digest },
    },
    text: () => textOf(request, credentials, coverage, encodedRealm),
  };
}

function textOf(
  { method, host, target, headers }: SignableRequest,
  { appId, nonce, timestamp, names }: Credentials,
  { digest }: Coverage,
  encodedRealm: string,
): string {
  const lines = [
    method,
    host.toLowerCase(),
    pathOf(target),
    queryOf(target) ?? "",
    `id=${encodeRfc3986(appId)}&nonce=${nonce}&realm=${encodedRealm}&version=${VERSION}`,
    ...names.map((name) => `${name}:${headers.only(name) ?? ""}`),
    timestamp,
  ];
  if (digest !== undefined) lines.push((headers.only("content-type") ?? "").toLowerCase(), digest);
  return lines.join("\n");
}
