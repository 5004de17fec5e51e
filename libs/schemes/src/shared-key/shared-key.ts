import { hash } from "node:crypto";
import {
  checkListed,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  decodeStrictly,
  type DigestEncoding,
  type HeaderEntry,
  isAppIdText,
  type KeyTerms,
  pathOf,
  readHeaderName,
  readKeyTerms,
  readSchemeName,
  Refusal,
  type Scheme,
  type SchemeName,
  type SignableRequest,
  WEAK_KEYS,
} from "@lacre/core/scheme";

/** How a deployment of Shared Key authentication writes it. */
export interface SharedKeyOptions extends KeyTerms, SchemeName {
  /** The header with the request's id, which is its signature; `x-auth-id` unless said otherwise. */
  readonly idHeader?: string;
  /** The header with the login, which is the AppId; `x-auth-login` unless said otherwise. */
  readonly loginHeader?: string;
  /** The header with the date; `x-auth-date` unless said otherwise. */
  readonly dateHeader?: string;
  /** How the id is written; `hex` unless said otherwise. */
  readonly encoding?: DigestEncoding;
  /**
   * What callers sign as the URI. `target`: path and query as sent. `path`: without the query, which is then open.
   * `absolute`: with `https://` and the host before it. `target` unless said otherwise.
   */
  readonly uri?: "target" | "path" | "absolute";
  /** How old a request may be, in seconds: 900 unless said otherwise. */
  readonly maxAgeSeconds?: number;
  /** How far ahead of the server's clock a request may be, in seconds; as the module says unless said here. */
  readonly futureSkewSeconds?: number;
  /** Takes requests with content, which is not signed: whoever overhears one can send another content first. */
  readonly allowUnsignedContent?: boolean;
  /**
   * Makes the id as SHA-256 of the text with the key behind it, in place of HMAC. Insecure: for callers that cannot be
   * changed.
   */
  readonly insecureHash?: boolean;
  /** Says that you know what this format does not protect from, so that it is not said at every start. */
  readonly acknowledgeWeakness?: boolean;
}

const WINDOW_SECONDS = 900;
const DAY_SECONDS = 86_400;
const SHA256_BYTES = 32;
/** ISO 8601 in UTC, with the fraction that `java.time.Instant` writes. */
const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z$/;

/**
 * "Shared Key" authentication: an id for each request, made of URI, method, date and the key. Its MAC is HMAC-SHA256
 * over `uri LF method LF date`.
 * @throws ConfigurationError
 */
export function sharedKey(options: SharedKeyOptions = {}): Scheme {
  const { encoding = "hex", uri = "target", maxAgeSeconds = WINDOW_SECONDS } = options;
  const { allowUnsignedContent = false, insecureHash = false, futureSkewSeconds } = options;
  const at = "sharedKey";
  const name = readSchemeName(options.name === undefined ? "shared-key" : options.name, at);
  const fail = (name: string, problem: string, cure: string): never => {
    throw new ConfigurationError(`${at}.${name}`, problem, cure);
  };
  if (encoding !== "hex" && encoding !== "base64")
    fail("encoding", "is not an encoding.", 'Use "hex" or "base64".');
  if (!["target", "path", "absolute"].includes(uri))
    fail("uri", "is not known.", 'Use "target", "path" or "absolute".');
  for (const [name, flag] of Object.entries({ allowUnsignedContent, insecureHash }))
    if (typeof flag !== "boolean") fail(name, "is not true or false.", "Give one.");
  for (const [name, seconds] of Object.entries({
    maxAgeSeconds,
    futureSkewSeconds: futureSkewSeconds ?? 0,
  }))
    if (
      !Number.isSafeInteger(seconds) ||
      seconds < (name === "maxAgeSeconds" ? 1 : 0) ||
      seconds > DAY_SECONDS
    )
      fail(name, `${String(seconds)} will not do.`, "Give whole seconds, at most a day.");
  const idHeader = readHeaderName(options.idHeader ?? "x-auth-id", `${at}.idHeader`);
  const loginHeader = readHeaderName(options.loginHeader ?? "x-auth-login", `${at}.loginHeader`);
  const dateHeader = readHeaderName(options.dateHeader ?? "x-auth-date", `${at}.dateHeader`);
  const listed = [idHeader, loginHeader, dateHeader];
  if (new Set(listed).size < listed.length)
    fail("idHeader", "is the name of two headers.", "Give each its own.");

  const canonicalise = (request: SignableRequest): string => `${uriOf(request, uri)}
${request.method}
${request.headers.only(dateHeader) ?? ""}`;
  const content: ContentClaim = { kind: allowUnsignedContent ? "uncovered" : "none" };

  return {
    name,
    challenges: [],
    keyEncodings: ["text", "base64", "hex"],
    keyAlgorithms: ["sha256"],
    keyLength: readKeyTerms(options, at),
    window: { maxAgeSeconds, ...(futureSkewSeconds !== undefined && { futureSkewSeconds }) },
    weaknesses:
      options.acknowledgeWeakness === true
        ? []
        : [
            uri === "absolute"
              ? "No header but the date is signed."
              : "Neither host nor headers but the date are signed: a request can be sent to another service with the same key.",
            ...(uri === "path"
              ? ["The query is not signed: anybody on the way can change it."]
              : []),
            ...(allowUnsignedContent
              ? ["The content is not signed: whoever overhears a request can send another first."]
              : []),
            ...(insecureHash
              ? ["The id is a plain hash and no MAC: every weakness of the hash is one of the key."]
              : []),
            ...(options.weakKeys === true ? [WEAK_KEYS] : []),
          ],

    recognises: ({ headers }) => headers.has(idHeader),

    contentUse: () => "sha256",

    parse({ headers }) {
      checkListed(headers, listed);
      const appId = headers.only(loginHeader) ?? "";
      if (!isAppIdText(appId)) throw new Refusal("app-id-malformed", loginHeader);
      const timestampSeconds = parseDate(headers.only(dateHeader) ?? "", dateHeader);
      const id = headers.only(idHeader) ?? "";
      if (!isId(id, encoding)) throw new Refusal("signature-malformed", idHeader);
      return {
        scheme: name,
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: hash("sha256", id), // not itself: a principal is shown around, and a MAC is not
        signedHeaders: [dateHeader],
        mac: id,
        content,
      };
    },

    canonicalise,

    mac: (secret, _claims, canonicalRequest) =>
      insecureHash
        ? secret.hashWithSuffix(`${canonicalRequest}\n`, encoding)
        : secret.mac("sha256", canonicalRequest, encoding),

    draft(request, { appId }, { timestampSeconds, nonce }) {
      if (request.contentSha256 !== undefined && !allowUnsignedContent)
        throw new Refusal("content-undigested", "shared-key does not sign content");
      const set: HeaderEntry[] = [
        [loginHeader, appId],
        [dateHeader, formatDate(timestampSeconds, nonce)],
      ];
      const headers = set.reduce((all, [name, value]) => all.with(name, value), request.headers);
      checkListed(headers.with(idHeader, ""), listed);
      const claims: Claims = {
        scheme: name,
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: "",
        signedHeaders: [dateHeader],
        mac: "",
        content,
      };
      return {
        claims,
        canonicalRequest: canonicalise({ ...request, headers }),
        headersWith: (mac) => [...set, [idHeader, mac]],
      };
    },
  };
}

function uriOf({ urlScheme, authority, target }: SignableRequest, uri: string): string {
  if (uri === "path") return pathOf(target);
  return uri === "absolute" ? `${urlScheme}://${authority}${target}` : target;
}

function parseDate(text: string, header: string): number {
  const [, seconds = ""] = DATE.exec(text) ?? [];
  const ms = Date.parse(`${seconds}Z`);
  // The 31st of February would quietly become the 3rd of March.
  if (Number.isNaN(ms) || ms <= 0 || new Date(ms).toISOString() !== `${seconds}.000Z`)
    throw new Refusal("timestamp-malformed", header);
  return ms / 1000;
}

/**
 * With microseconds that are drawn, not measured: there is no nonce, and two equal requests of one second must not have
 * one id.
 */
function formatDate(timestampSeconds: number, nonce: string): string {
  const drawn = Number.parseInt(hash("sha256", nonce).slice(0, 12), 16) % 1_000_000;
  const seconds = new Date(timestampSeconds * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(drawn).padStart(6, "0")}Z`;
}

const isId = (text: string, encoding: DigestEncoding): boolean =>
  text.length === (encoding === "hex" ? 64 : 44) &&
  decodeStrictly(text, encoding)?.length === SHA256_BYTES;
