import { createHash } from "node:crypto";
import {
  checkMinimum,
  type Claims,
  ConfigurationError,
  consistsOf,
  decodeStrictly,
  isAppIdText,
  LOWER_HEX,
  MAC_BYTES,
  type MacAlgorithm,
  type Moment,
  readSchemeName,
  Refusal,
  REFUSED_WHEN_UNSIGNABLE,
  type RequestDraft,
  type Scheme,
  type SchemeName,
  type Secret,
  type SignableRequest,
  type Signatory,
  type UnsignedRequest,
} from "@lacre/core/scheme";

export { readAspnetApps, type AspnetApp } from "./aspnet-apps.js";

const MAX_LENGTH = 4096;
const MAX_SECONDS = 86_400;
const TIMESTAMP = /^[1-9][0-9]{9}$/;

/** What the six-part form calls the key's algorithm. HMACMD5 is not taken. */
const MACS = new Map<string, MacAlgorithm>([
  ["HMACSHA256", "sha256"],
  ["HMACSHA1", "sha1"],
  ["HMACSHA384", "sha384"],
  ["HMACSHA512", "sha512"],
]);

/** What the six-part form calls the hash of the body, and what Node calls it. */
const BODY_HASHES = {
  MD5: "md5",
  SHA1: "sha1",
  SHA256: "sha256",
  SHA384: "sha384",
  SHA512: "sha512",
} as const;

/** A hash for the body, as the header names it. */
export type AspnetBodyHash = keyof typeof BODY_HASHES;

/** Which callers this is for. */
export interface AspnetHmacOptions extends SchemeName {
  /**
   * `hmac`: HmacAuthentication and its relatives for ASP.NET Core, `Authorization: Hmac …`. `amx`: the Web API of 2014
   * that they descend from. `hmac` unless said otherwise.
   */
  readonly dialect?: "hmac" | "amx";
  /** How far a request's time may be from the server's, to either side. Whole seconds; 300 unless said otherwise. */
  readonly maxRequestAgeInSeconds?: number;
  /**
   * Takes targets that have letters in upper case. The signature covers the URL in lower case only, so whoever holds a
   * request back can send `/files/abc` in place of `/Files/ABC`. False unless said otherwise.
   */
  readonly mixedCaseTargets?: boolean;
  /** The hashes that are taken for a body. The four-part form means MD5. All five unless said otherwise. */
  readonly bodyHashes?: readonly AspnetBodyHash[];
  /**
   * How this side writes its own requests: 4 (HMAC-SHA256 and MD5, which every server knows) or 6 (with the names of
   * the algorithms, and SHA-256 for the body). 6 unless said otherwise; `amx` has 4 alone.
   */
  readonly parts?: 4 | 6;
  /** The weaknesses are known: nothing is said of them at the start. */
  readonly acknowledgeWeakness?: boolean;
}

/**
 * The format of HmacAuthentication for ASP.NET Core: `Hmac appId:signature:nonce:timestamp`. What is signed has no
 * separators, so nonce and timestamp are held to their exact form, or characters could be moved between fields.
 * @see https://github.com/arklid/HmacAuthentication
 * @throws ConfigurationError
 */
export function aspnetHmac(options: AspnetHmacOptions = {}): Scheme {
  const { name, dialect, maxAgeSeconds, mixedCaseTargets, bodyHashes, parts, acknowledged } =
    readOptions(options);

  const parseHeader = (header: string): Credentials => {
    const credentials = readCredentials(header, dialect === "amx" ? [4] : [4, 6]);
    if (!bodyHashes.includes(credentials.bodyHash))
      throw malformed(`the body hash ${credentials.bodyHash} is not taken`);
    return credentials;
  };
  const textOf = (
    { appId, timestamp, nonce }: Pick<Credentials, "appId" | "timestamp" | "nonce">,
    { method, urlScheme, authority, target }: SignableRequest,
    digest: string,
  ): string => {
    const uri = encodeForm(`${urlScheme}://${authority}${target}`.toLowerCase(), dialect);
    return appId + method + uri + timestamp + nonce + digest;
  };

  return {
    name,
    challenges: [dialect === "amx" ? "amx" : "Hmac"],
    keyEncodings: ["base64"],
    keyAlgorithms: dialect === "amx" ? ["sha256"] : [...MACS.values()],
    keyLength: { min: 16, max: 64 },
    window: { maxAgeSeconds, futureSkewSeconds: maxAgeSeconds },
    weaknesses: acknowledged ? [] : weaknessesOf(bodyHashes, mixedCaseTargets),

    recognises({ headers }) {
      const header = headers.only("authorization");
      return header?.split(" ", 1)[0]?.toLowerCase() === dialect;
    },

    contentUse: () => "bytes",

    parse(request) {
      const { headers } = request;
      const credentials = parseHeader(headers.only("authorization") ?? "");
      checkMinimum(headers, [], REFUSED_WHEN_UNSIGNABLE);
      if (!mixedCaseTargets) refuseMixedCase(request.target);
      const { appId, algorithm, timestamp, nonce, signature } = credentials;
      return {
        scheme: name,
        appId,
        algorithm,
        timestampSeconds: Number(timestamp),
        nonce,
        signedHeaders: ["host"],
        mac: signature,
        content: { kind: "maced", from: "bytes" },
      };
    },

    canonicalise(request, _claims, content = "") {
      const credentials = parseHeader(request.headers.only("authorization") ?? "");
      const bytes = Buffer.from(content, "latin1");
      return textOf(credentials, request, digestOf(bytes, credentials.bodyHash));
    },

    mac(secret: Secret, { algorithm }: Claims, canonicalRequest: string) {
      return secret.mac(algorithm, canonicalRequest, "base64");
    },

    draft(
      request: UnsignedRequest,
      { appId, algorithm }: Signatory,
      { timestampSeconds, nonce: uuid }: Moment,
    ): RequestDraft {
      checkMinimum(request.headers, [], REFUSED_WHEN_UNSIGNABLE);
      if (!mixedCaseTargets) refuseMixedCase(request.target);
      if (parts === 4 && algorithm !== "sha256")
        throw new ConfigurationError(
          "aspnetHmac.parts",
          "the four-part form is HMAC-SHA256 alone.",
          "Say parts: 6, or use a key for sha256.",
        );
      const bodyHash = parts === 4 ? "MD5" : "SHA256";
      const nonce = uuid.replaceAll("-", ""); // as .NET's Guid "N"
      const timestamp = String(timestampSeconds);
      const claims: Claims = {
        scheme: name,
        appId,
        algorithm,
        timestampSeconds,
        nonce,
        signedHeaders: ["host"],
        mac: "",
        content: { kind: "maced", from: "bytes" },
      };
      const names = parts === 4 ? "" : `${macNamed(algorithm)}:${bodyHash}:`;
      const word = dialect === "amx" ? "amx" : "Hmac";
      return {
        claims,
        canonicalRequest: textOf(
          { appId, timestamp, nonce },
          request,
          digestToSign(request, bodyHash),
        ),
        headersWith: (mac) => [
          ["authorization", `${word} ${names}${appId}:${mac}:${nonce}:${timestamp}`],
        ],
      };
    },
  };
}

interface Credentials {
  readonly algorithm: MacAlgorithm;
  readonly bodyHash: AspnetBodyHash;
  readonly appId: string;
  readonly signature: string;
  readonly nonce: string;
  readonly timestamp: string;
}

/** `word SP [ hmac ":" hash ":" ] app-id ":" signature ":" nonce ":" timestamp`. */
function readCredentials(header: string, counts: readonly number[]): Credentials {
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const values = header.slice(header.indexOf(" ") + 1).split(":", 7);
  if (!counts.includes(values.length)) throw malformed(`not ${counts.join(" or ")} parts`);
  const [appId, signature, nonce, timestamp] = values.slice(-4) as [string, string, string, string];
  const [hmac, hashName] = values.length === 6 ? (values as [string, string]) : IMPLIED;
  const algorithm = MACS.get(hmac);
  if (algorithm === undefined || !isBodyHash(hashName)) throw malformed("unknown algorithm");
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  // The exact forms: the text has no separators, and .NET reads 01700000000 as the same time as 1700000000.
  if (!TIMESTAMP.test(timestamp)) throw new Refusal("timestamp-malformed", "not ten digits");
  if (nonce.length !== 32 || !consistsOf(nonce, LOWER_HEX))
    throw new Refusal("nonce-malformed", "not 32 lower-case hex digits");
  if (decodeStrictly(signature, "base64")?.length !== MAC_BYTES[algorithm])
    throw new Refusal("signature-malformed");
  return { algorithm, bodyHash: hashName, appId, signature, nonce, timestamp };
}

/** What a header of four parts does not say. */
const IMPLIED = ["HMACSHA256", "MD5"] as const;

const isBodyHash = (name: string): name is AspnetBodyHash => Object.hasOwn(BODY_HASHES, name);

const macNamed = (algorithm: MacAlgorithm): string =>
  [...MACS].find(([, known]) => known === algorithm)?.[0] ?? "";

/** Nothing at all for an empty body: not the hash of nothing. */
function digestOf(bytes: Uint8Array, bodyHash: AspnetBodyHash): string {
  return bytes.byteLength === 0
    ? ""
    : createHash(BODY_HASHES[bodyHash]).update(bytes).digest("base64");
}

function digestToSign(request: UnsignedRequest, bodyHash: AspnetBodyHash): string {
  if (request.content !== undefined) return digestOf(request.content, bodyHash);
  if (request.contentSha256 === undefined) return "";
  if (bodyHash !== "SHA256")
    throw new Refusal("content-unread", "the four-part form needs the bytes, not their SHA-256");
  return request.contentSha256("base64");
}

/**
 * .NET's UrlEncode: of US-ASCII it keeps letters, digits and `-_.!*()`. A target has no space, which it would write as
 * `+`.
 */
function encodeForm(text: string, dialect: "hmac" | "amx"): string {
  const encoded = encodeURIComponent(text).replaceAll("~", "%7E").replaceAll("'", "%27");
  return dialect === "amx"
    ? encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
    : encoded;
}

/** Letters in lower case and escapes in upper case: of such targets, no two are the same in lower case. */
const ONE_CASE = /^(?:[^A-Z%]|%[0-9A-F]{2})*$/;

function refuseMixedCase(target: string): void {
  if (!ONE_CASE.test(target))
    throw new Refusal(
      "target-malformed",
      "has a second spelling under the same signature: say mixedCaseTargets to take it",
    );
}

function weaknessesOf(
  bodyHashes: readonly AspnetBodyHash[],
  mixedCaseTargets: boolean,
): readonly string[] {
  const broken = bodyHashes.filter((name) => name === "MD5" || name === "SHA1");
  return [
    "aspnet-hmac signs no header but Host: Content-Type and all others can be changed on their way.",
    ...(broken.length === 0
      ? []
      : [
          `aspnet-hmac takes bodies by their ${broken.join(" or ")}: whoever chooses a body can make two with one signature.`,
        ]),
    ...(mixedCaseTargets
      ? ["aspnet-hmac signs URLs in lower case: the case of path and query can be changed."]
      : []),
  ];
}

function readOptions(options: AspnetHmacOptions): {
  name: string;
  dialect: "hmac" | "amx";
  maxAgeSeconds: number;
  mixedCaseTargets: boolean;
  bodyHashes: readonly AspnetBodyHash[];
  parts: 4 | 6;
  acknowledged: boolean;
} {
  const {
    name = "aspnet-hmac",
    dialect = "hmac",
    maxRequestAgeInSeconds: maxAgeSeconds = 300,
    mixedCaseTargets = false,
    bodyHashes = Object.keys(BODY_HASHES) as AspnetBodyHash[],
    parts = dialect === "amx" ? 4 : 6,
    acknowledgeWeakness = false,
  } = options;
  const refuse = (option: string, problem: string, cure: string): ConfigurationError =>
    new ConfigurationError(`aspnetHmac.${option}`, problem, cure);
  for (const [name, flag] of Object.entries({ mixedCaseTargets, acknowledgeWeakness }))
    if (typeof flag !== "boolean") throw refuse(name, "must be a boolean.", "Give true or false.");
  if (dialect !== "hmac" && dialect !== "amx")
    throw refuse("dialect", "is not known.", 'Use "hmac" or "amx".');
  if (!Number.isSafeInteger(maxAgeSeconds) || maxAgeSeconds < 1 || maxAgeSeconds > MAX_SECONDS)
    throw refuse("maxRequestAgeInSeconds", "will not do.", "Give whole seconds from 1 to 86400.");
  if (!Array.isArray(bodyHashes) || bodyHashes.length === 0 || !bodyHashes.every(isBodyHash))
    throw refuse(
      "bodyHashes",
      "is no list of hashes.",
      `Use some of ${Object.keys(BODY_HASHES).join(", ")}.`,
    );
  if ((parts !== 4 && parts !== 6) || (dialect === "amx" && parts === 6))
    throw refuse("parts", "will not do.", "Use 4 or 6; amx has 4 alone.");
  if (!bodyHashes.includes(parts === 4 ? "MD5" : "SHA256"))
    throw refuse(
      "bodyHashes",
      `does not have the hash of the ${parts}-part form that this side writes.`,
      "Add MD5 for parts: 4, SHA256 for parts: 6.",
    );
  return {
    name: readSchemeName(name, "aspnetHmac"),
    dialect,
    maxAgeSeconds,
    mixedCaseTargets,
    bodyHashes,
    parts,
    acknowledged: acknowledgeWeakness,
  };
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
