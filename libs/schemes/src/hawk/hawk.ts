import {
  checkListed,
  checkMinimum,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  type HeaderLines,
  isSafe,
  type Moment,
  readSchemeName,
  Refusal,
  REFUSED_WHEN_UNSIGNABLE,
  type RequestDraft,
  type Scheme,
  type SchemeName,
  type Secret,
  type Signatory,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { isHawk, readAttributes, type Attributes } from "./attributes.js";
import { canonicalBewit, draftBewit, hasBewit, parseBewit } from "./bewit.js";
import { normalized, payloadHash } from "./normalized.js";
import { responses } from "./response.js";

const MAX_SECONDS = 86_400;

/** How this server uses Hawk. */
export interface HawkOptions extends SchemeName {
  /** How far a request's time may be from the server's, to either side. Whole seconds; 60 unless said otherwise. */
  readonly timestampSkewSeconds?: number;
  /**
   * Takes URLs with a bewit that ends at most so many seconds from now. The route has to take presigned URLs for as
   * long. None are taken unless said.
   */
  readonly bewitSeconds?: number;
  /** Takes content that no `hash` covers: whoever holds a request back can change it. False unless said otherwise. */
  readonly allowUnsignedContent?: boolean;
  /**
   * Tells the time, under a MAC, to a caller whose MAC was right and whose time was not, so that its clock can be set.
   * True unless said otherwise.
   */
  readonly tellTime?: boolean;
  /** Takes keys for HMAC-SHA1 too. Their payload hashes are SHA-1 as well. False unless said otherwise. */
  readonly sha1?: boolean;
  /** The weaknesses are known: nothing is said of them at the start. */
  readonly acknowledgeWeakness?: boolean;
}

/**
 * Hawk: header form, bewit, and `Server-Authorization`. Host and port are those of the configured origin.
 * @see https://github.com/mozilla/hawk/blob/main/API.md
 * @throws ConfigurationError
 */
export function hawk(options: HawkOptions = {}): Scheme {
  const {
    name: givenName = "hawk",
    timestampSkewSeconds = 60,
    bewitSeconds,
    allowUnsignedContent = false,
    tellTime = true,
    sha1 = false,
    acknowledgeWeakness = false,
  } = options;
  const name = readSchemeName(givenName, "hawk");
  checkSeconds("timestampSkewSeconds", timestampSkewSeconds);
  if (bewitSeconds !== undefined) checkSeconds("bewitSeconds", bewitSeconds);
  for (const [name, flag] of Object.entries({
    allowUnsignedContent,
    tellTime,
    sha1,
    acknowledgeWeakness,
  }))
    if (typeof flag !== "boolean")
      throw new ConfigurationError(`hawk.${name}`, "must be a boolean.", "Give true or false.");

  const contentClaim = (headers: HeaderLines, { hash, algorithm }: Attributes): ContentClaim =>
    hash === undefined
      ? { kind: allowUnsignedContent ? "uncovered" : "none" }
      : {
          kind: "checked",
          matches: (bytes) => payloadHash(algorithm, headers, bytes) === hash,
        };

  return {
    name,
    challenges: ['Hawk error="Unauthorized"'], // Hawk's own client cannot read one without attributes
    keyEncodings: ["text"],
    keyAlgorithms: sha1 ? ["sha256", "sha1"] : ["sha256"],
    window: { maxAgeSeconds: timestampSkewSeconds, futureSkewSeconds: timestampSkewSeconds },
    weaknesses: acknowledgeWeakness ? [] : weaknessesOf(allowUnsignedContent, sha1),

    recognises(request) {
      if (bewitSeconds !== undefined && hasBewit(request)) return true;
      return isHawk(request.headers.only("authorization"));
    },

    contentUse({ headers }) {
      return headers.only("authorization")?.includes('hash="') === true ? "bytes" : "sha256";
    },

    parse(request) {
      checkHeaders(request.headers);
      if (bewitSeconds !== undefined && hasBewit(request))
        return parseBewit(request, name, bewitSeconds);
      const attributes = readAttributes(request.headers.only("authorization") ?? "");
      const { id, ts, nonce, mac, algorithm } = attributes;
      return {
        scheme: name,
        appId: id,
        algorithm,
        timestampSeconds: Number(ts),
        nonce,
        signedHeaders: ["host"],
        mac,
        content: contentClaim(request.headers, attributes),
      };
    },

    canonicalise(request, { presigned }) {
      if (presigned !== undefined) return canonicalBewit(request);
      const attributes = readAttributes(request.headers.only("authorization") ?? "");
      return normalized("header", request, attributes);
    },

    mac(secret: Secret, { algorithm }: Claims, canonicalRequest: string) {
      return secret.mac(algorithm, canonicalRequest, "base64");
    },

    draft(
      request: UnsignedRequest,
      { appId, algorithm }: Signatory,
      { timestampSeconds, nonce }: Moment,
    ): RequestDraft {
      checkHeaders(request.headers);
      if (bewitSeconds !== undefined && hasBewit(request))
        throw new Refusal("credentials-repeated", "a bewit in the target");
      const hash = hashToSign(request, algorithm);
      const ts = String(timestampSeconds);
      const claims: Claims = {
        scheme: name,
        appId,
        algorithm,
        timestampSeconds,
        nonce,
        signedHeaders: ["host"],
        mac: "",
        content: { kind: "none" },
      };
      const beginning =
        `Hawk id="${appId}", ts="${ts}", nonce="${nonce}", ` +
        (hash === undefined ? "" : `hash="${hash}", `);
      return {
        claims,
        canonicalRequest: normalized("header", request, { ts, nonce, hash }),
        headersWith: (mac) => [["authorization", `${beginning}mac="${mac}"`]],
      };
    },

    draftPresigned: (request, signatory, moment, terms) =>
      draftBewit(request, signatory, moment, terms, name),

    responses,

    challenge(code, { claims, key }, nowSeconds) {
      const isStale = code === "timestamp-too-old" || code === "timestamp-too-new";
      if (!tellTime || !isStale || claims.presigned !== undefined) return undefined;
      const tsm = key.secret.mac(claims.algorithm, `hawk.1.ts\n${nowSeconds}\n`, "base64");
      return `Hawk ts="${nowSeconds}", tsm="${tsm}", error="Stale timestamp"`;
    },
  };
}

/** The media type is hashed with the content, so it has to be one. */
function checkHeaders(headers: HeaderLines): void {
  if (headers.has("content-type")) checkListed(headers, ["content-type"]);
  checkMinimum(headers, ["content-type"], ["content-type", ...REFUSED_WHEN_UNSIGNABLE]);
}

/** Also of an empty payload, where a server may expect one. */
function hashToSign(
  { method, headers, content, contentSha256 }: UnsignedRequest,
  algorithm: Signatory["algorithm"],
): string | undefined {
  if (content !== undefined) return payloadHash(algorithm, headers, content);
  if (contentSha256 !== undefined)
    throw new Refusal("content-unread", "Hawk hashes the bytes, and their SHA-256 does not help");
  return isSafe(method) ? undefined : payloadHash(algorithm, headers, new Uint8Array());
}

function weaknessesOf(allowUnsignedContent: boolean, sha1: boolean): readonly string[] {
  return [
    ...(allowUnsignedContent
      ? ["hawk takes content that nothing covers: it can be changed on its way."]
      : []),
    ...(sha1
      ? ["hawk takes payload hashes of SHA-1: whoever chooses a body can make two with one hash."]
      : []),
  ];
}

function checkSeconds(option: string, seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS)
    throw new ConfigurationError(
      `hawk.${option}`,
      "will not do.",
      "Give whole seconds from 1 to 86400.",
    );
}
