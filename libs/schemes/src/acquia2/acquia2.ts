import {
  checkListed,
  checkMinimum,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  decodeStrictly,
  encodeRfc3986,
  type HeaderLines,
  isAppIdText,
  isUnsignable,
  type Moment,
  onlyLine,
  parseQuotedParams,
  pathOf,
  queryOf,
  readSchemeName,
  Refusal,
  type RequestDraft,
  type ResponseScheme,
  type Scheme,
  type SchemeName,
  type Secret,
  type SignableRequest,
  type Signatory,
  SIGNED_WHEN_PRESENT,
  type UnsignedRequest,
} from "@lacre/core/scheme";

const WORD = "acquia-http-hmac";
const VERSION = "2.0";
const PARAMS = ["realm", "id", "nonce", "version", "headers", "signature"];
const TIMESTAMP_FIELD = "x-authorization-timestamp";
const DIGEST_FIELD = "x-authorization-content-sha256";
/** What is signed without being listed. */
const OWN_LINES: readonly string[] = [TIMESTAMP_FIELD, DIGEST_FIELD, "content-type", "host"];
/** The server's to set, never a caller's. */
const IDENTITY_FIELD = "x-authenticated-id";
const EMPTY_SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const TIMESTAMP = /^[1-9][0-9]{9}$/;
/** One of Acquia's own clients sets the variant bits wrong, so they are not looked at. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const MAX_NAMES = 32;
const MAX_SECONDS = 86_400;

/** Which provider this is. */
export interface Acquia2Options extends SchemeName {
  /** The realm, as callers name it: `Pipet service`. */
  readonly realm: string;
  /** How far a request's time may be from the server's, to either side. Whole seconds; 900 unless said otherwise. */
  readonly maxSkewSeconds?: number;
}

/**
 * Acquia HTTP HMAC Spec, version 2.0.
 * @see https://github.com/acquia/http-hmac-spec/tree/2.0
 * @throws ConfigurationError
 */
export function acquia2(options: Acquia2Options): Scheme {
  const { name, realm, maxSkewSeconds } = readOptions(options);
  const encodedRealm = encodeRfc3986(realm);

  const textOf = (request: SignableRequest, credentials: Credentials): string => {
    const { appId, nonce, timestamp, names } = credentials;
    const { method, host, target, headers } = request;
    const lines = [
      method,
      host.toLowerCase(),
      pathOf(target),
      queryOf(target) ?? "",
      `id=${encodeRfc3986(appId)}&nonce=${nonce}&realm=${encodedRealm}&version=${VERSION}`,
      ...names.map((name) => `${name}:${headers.only(name) ?? ""}`),
      timestamp,
    ];
    const digest = digestOf(headers);
    if (digest !== undefined)
      lines.push((headers.only("content-type") ?? "").toLowerCase(), digest);
    return lines.join("\n");
  };

  return {
    name,
    challenges: [`${WORD} realm="${encodedRealm}"`],
    keyEncodings: ["base64", "hex"],
    keyAlgorithms: ["sha256"],
    window: { maxAgeSeconds: maxSkewSeconds, futureSkewSeconds: maxSkewSeconds },

    recognises({ headers }) {
      const header = headers.only("authorization");
      return header?.split(" ", 1)[0]?.toLowerCase() === WORD;
    },

    contentUse: () => "sha256",

    parse(request) {
      const credentials = readCredentials(request.headers, realm);
      const { appId, nonce, timestamp, names, signature } = credentials;
      const signedHeaders = checkHeaders(request, names);
      return {
        scheme: name,
        appId,
        algorithm: "sha256",
        timestampSeconds: Number(timestamp),
        nonce,
        signedHeaders,
        mac: signature,
        content: contentClaim(request.headers),
      };
    },

    canonicalise(request) {
      return textOf(request, readCredentials(request.headers, realm));
    },

    mac(secret: Secret, _claims: Claims, canonicalRequest: string) {
      return secret.mac("sha256", canonicalRequest, "base64");
    },

    draft(
      request: UnsignedRequest,
      { appId }: Signatory,
      { timestampSeconds, nonce }: Moment,
    ): RequestDraft {
      const timestamp = String(timestampSeconds);
      const digest = request.contentSha256?.("base64");
      const timed = request.headers.with(TIMESTAMP_FIELD, timestamp);
      const headers = digest === undefined ? timed : timed.with(DIGEST_FIELD, digest);
      const covered = { ...request, headers };
      const others = request.signedHeaders.filter((name) => !OWN_LINES.includes(name));
      const list = readNames(others.join(";"));
      const signedHeaders = checkHeaders(covered, list);
      const claims: Claims = {
        scheme: name,
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce,
        signedHeaders,
        mac: "",
        content: contentClaim(headers),
      };
      const beginning =
        `${WORD} realm="${encodedRealm}",id="${appId}",nonce="${nonce}",version="${VERSION}",` +
        `headers="${encodeRfc3986(list.join(";"))}",signature="`;
      return {
        claims,
        canonicalRequest: textOf(covered, {
          appId,
          nonce,
          timestamp,
          names: list,
          signature: "",
        }),
        headersWith: (mac) => [
          [TIMESTAMP_FIELD, timestamp],
          ...(digest === undefined ? [] : [[DIGEST_FIELD, digest] as const]),
          ["authorization", `${beginning}${mac}"`],
        ],
      };
    },

    responses,
  };
}

/** The response's bytes, bound to the request by its nonce and time. Neither status nor headers are covered. */
const responses: ResponseScheme = {
  field: "x-server-authorization-hmac-sha256",
  fields: ["X-Server-Authorization-HMAC-SHA256"],
  macEncoding: "base64",

  draft(response, request) {
    const claims = { timestampSeconds: undefined, signedHeaders: [], mac: "" };
    return {
      canonicalResponse: this.canonicalise(response, claims, request),
      headersWith: (mac) => [["X-Server-Authorization-HMAC-SHA256", mac]],
    };
  },

  parse(_response, field) {
    if (!isSha256Base64(field)) throw new Refusal("signature-malformed");
    return { timestampSeconds: undefined, signedHeaders: [], mac: field };
  },

  canonicalise({ content = new Uint8Array() }, _claims, { claims: { nonce, timestampSeconds } }) {
    return `${nonce}\n${timestampSeconds}\n${Buffer.from(content).toString("latin1")}`;
  },

  cover: () => ({ kind: "maced", from: "bytes" }),
};

interface Credentials {
  readonly appId: string;
  readonly nonce: string;
  readonly timestamp: string;
  /** Which headers are signed beside those that must be: lower case, sorted. */
  readonly names: readonly string[];
  readonly signature: string;
}

function readCredentials(headers: HeaderLines, realm: string): Credentials {
  const values = parseQuotedParams(headers.only("authorization") ?? "", PARAMS);
  const [claimedRealm, appId, nonce, version, list = "", signature] = PARAMS.map((name) =>
    values.get(name),
  );
  if (
    claimedRealm === undefined ||
    appId === undefined ||
    nonce === undefined ||
    signature === undefined
  )
    throw malformed("missing parameter");
  if (version !== VERSION) throw malformed(`not version ${VERSION}`);
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  if (decode(claimedRealm) !== realm) throw new Refusal("scope-wrong", "another realm");
  const timestamp = onlyLine(headers, TIMESTAMP_FIELD);
  if (!TIMESTAMP.test(timestamp)) throw new Refusal("timestamp-malformed", TIMESTAMP_FIELD);
  if (!UUID.test(nonce)) throw new Refusal("nonce-malformed", "not a UUID in lower case");
  const names = readNames(decode(list));
  if (!isSha256Base64(signature)) throw new Refusal("signature-malformed");
  return { appId, nonce, timestamp, names, signature };
}

/** In any case and order, as callers write it; what is signed is sorted, and in lower case. */
function readNames(list: string): readonly string[] {
  if (list === "") return [];
  const given = list.split(";", MAX_NAMES + 1);
  if (given.length > MAX_NAMES || !given.every((name) => FIELD_NAME.test(name)))
    throw new Refusal("signed-headers-malformed", "not a list of at most 32 header names");
  const names = given.map((name) => name.toLowerCase()).sort();
  if (new Set(names).size < names.length)
    throw new Refusal("signed-headers-malformed", "a name twice");
  const forbidden = names.find(isUnsignable);
  if (forbidden !== undefined) throw new Refusal("header-forbidden", forbidden);
  return names;
}

/** Checks what is covered, and names it. */
function checkHeaders({ headers, target }: SignableRequest, names: readonly string[]): string[] {
  if (headers.has(IDENTITY_FIELD) || headers.hasTwin(IDENTITY_FIELD))
    throw new Refusal("header-forbidden", IDENTITY_FIELD);
  if (target.endsWith("?") && queryOf(target) === "")
    throw new Refusal("target-malformed", "a bare ? has no trace in what is signed");
  if (headers.hasTwin(DIGEST_FIELD)) throw new Refusal("header-ambiguous", DIGEST_FIELD);
  if (headers.isRepeated("content-type")) throw new Refusal("header-repeated", "content-type");
  const ofBody = digestOf(headers) === undefined ? [] : ["content-type", DIGEST_FIELD];
  const always = [TIMESTAMP_FIELD, ...ofBody.filter((name) => headers.has(name))];
  const signed = [...new Set([...names, ...always])].sort();
  checkListed(headers, signed);
  // Without a body its type means nothing, and is not signed.
  checkMinimum(headers, [...signed, "content-type"], SIGNED_WHEN_PRESENT);
  return [...new Set(["host", ...signed])].sort();
}

/**
 * The digest that is signed. Whether there is a body is decided by its bytes: without this, there may be none. Some
 * callers send the digest of nothing where there is none, and then it is not signed.
 */
function digestOf(headers: HeaderLines): string | undefined {
  if (!headers.has(DIGEST_FIELD)) return undefined;
  const digest = onlyLine(headers, DIGEST_FIELD);
  if (!isSha256Base64(digest)) throw new Refusal("digest-malformed", DIGEST_FIELD);
  return digest === EMPTY_SHA256 ? undefined : digest;
}

function contentClaim(headers: HeaderLines): ContentClaim {
  const digest = digestOf(headers);
  return digest === undefined
    ? { kind: "none" }
    : { kind: "declared", algorithm: "sha256", encoding: "base64", digest };
}

const isSha256Base64 = (text: string): boolean =>
  text.length === 44 && decodeStrictly(text, "base64")?.length === 32;

/** A `+` is a plus. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw malformed("not percent-encoded");
  }
}

function readOptions(options: Acquia2Options): Required<Acquia2Options> {
  const { name = "acquia2", realm, maxSkewSeconds = 900 } = options ?? {};
  if (typeof realm !== "string" || !/^[\x20-\x7e]{1,128}$/.test(realm))
    throw new ConfigurationError(
      "acquia2.realm",
      "is not a realm.",
      "Give 1 to 128 printable characters, as the callers write them.",
    );
  if (!Number.isSafeInteger(maxSkewSeconds) || maxSkewSeconds < 1 || maxSkewSeconds > MAX_SECONDS)
    throw new ConfigurationError(
      "acquia2.maxSkewSeconds",
      "will not do.",
      "Give whole seconds from 1 to 86400.",
    );
  return { name: readSchemeName(name, "acquia2"), realm, maxSkewSeconds };
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
