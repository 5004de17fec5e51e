import { createHmac, hash } from "node:crypto";
import {
  checkCoverage,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  type HeaderEntry,
  isAppIdText,
  isSafe,
  type Moment,
  namesToSign,
  onlyLine,
  parseAuthParams,
  queryOf,
  readSchemeName,
  Refusal,
  refuseValue,
  type RequestDraft,
  type Scheme,
  type SchemeName,
  type Secret,
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
import { canonicalPresigned, draftPresigned, hasQueryForm, parsePresigned } from "./presigned.js";

const PARAMS = ["Credential", "SignedHeaders", "Signature"] as const;

/** Which deployment of SigV4 this is. */
export interface AwsSigV4Options extends SchemeName {
  /** The region in the credential's scope, such as `eu-central-1`. */
  readonly region: string;
  /** The service in the credential's scope, such as `execute-api`. */
  readonly service: string;
  /**
   * How the path is signed. `plain`: normalised, then each segment encoded once more, as for every AWS service
   * but one. `s3`: as sent, neither normalised nor encoded twice. `plain` unless said otherwise.
   */
  readonly urlMode?: "plain" | "s3";
  /**
   * The session token of temporary credentials, for signing: sent and signed as `x-amz-security-token`. A verifier
   * needs none: whatever token a request brings must be signed, and what it means is the application's to say.
   */
  readonly sessionToken?: string;
}

/**
 * AWS Signature Version 4. The payload's hash is always that of the bytes: `UNSIGNED-PAYLOAD` and `STREAMING-…` are
 * refused, but for a presigned URL, which has no content. SigV4 has no nonce, so the signature itself is what is used
 * once.
 * @throws ConfigurationError
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function awsSigV4(options: AwsSigV4Options): Scheme {
  const setting = readSetting(options);

  return {
    name: setting.name,
    challenges: [ALGORITHM],
    keyEncodings: ["text"],
    keyAlgorithms: ["sha256"],

    recognises({ headers, target }) {
      return headers.only("authorization")?.startsWith("AWS4-") === true || hasQueryForm(target);
    },

    contentUse: () => "sha256",

    parse(request) {
      if (!hasQueryForm(request.target)) return parseHeaderForm(request, setting);
      if (request.headers.has("authorization"))
        throw new Refusal("credentials-repeated", "X-Amz- parameters beside Authorization");
      return parsePresigned(request, setting);
    },

    canonicalise(request, claims, digest) {
      if (claims.presigned !== undefined) return canonicalPresigned(request, claims, setting);
      const { signedHeaders, content } = claims;
      const payload = content.kind === "declared" ? content.digest : (digest ?? EMPTY_SHA256);
      const query = queryOf(request.target) ?? "";
      return canonicalRequest(request, signedHeaders, setting, query, payload);
    },

    mac(secret: Secret, { timestampSeconds }: Claims, text: string) {
      const amzDate = formatAmzDate(timestampSeconds);
      const scope = scopeOf(setting, amzDate);
      const stringToSign = `${ALGORITHM}
${amzDate}
${scope}
${hash("sha256", text)}`;
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
      const { sessionToken } = setting;
      const added: HeaderEntry[] = [
        ["x-amz-date", amzDate],
        ["x-amz-content-sha256", request.contentSha256?.("hex") ?? EMPTY_SHA256],
      ];
      if (sessionToken !== undefined) added.push(["x-amz-security-token", sessionToken]);
      let { headers } = request;
      for (const [name, value] of added) headers = headers.with(name, value);
      const covered = { ...request, headers };
      const signedHeaders = namesToSign(headers, request.signedHeaders, mustBeSigned(headers));
      checkCoverage(covered, parseSignedHeaders(signedHeaders.join(";")));
      refuseSecondSpellings(request.target, setting);
      if (hasQueryForm(request.target))
        throw new Refusal("credentials-repeated", "X-Amz- parameters in the query");

      const claims: Claims = {
        scheme: setting.name,
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: "",
        signedHeaders,
        mac: "",
        content: contentClaim(covered),
      };
      const beginning = `${ALGORITHM} Credential=${appId}/${scopeOf(setting, amzDate)}, SignedHeaders=${signedHeaders.join(";")}, Signature=`;
      return {
        claims,
        canonicalRequest: this.canonicalise(covered, claims),
        headersWith: (mac) => [...added, ["authorization", beginning + mac]],
      };
    },

    draftPresigned: (request, signatory, moment, terms) =>
      draftPresigned(request, signatory, moment, terms, setting),
  };
}

function parseHeaderForm(request: SignableRequest, setting: Setting): Claims {
  const { headers } = request;
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
  if (credential.slice(slash + 1) !== scopeOf(setting, amzDate))
    throw refuseValue(values, "scope-wrong", expectedScope(setting));
  const names = parseSignedHeaders(list, values);
  if (!isSha256Hex(signature)) throw refuseValue(values, "signature-malformed");

  checkCoverage(request, names, mustBeSigned(headers));
  refuseSecondSpellings(request.target, setting);
  return {
    scheme: setting.name,
    appId,
    algorithm: "sha256",
    timestampSeconds,
    nonce: hash("sha256", signature), // not itself: a principal is shown around, and a MAC is not
    repeatable: isSafe(request.method),
    signedHeaders: names,
    mac: signature,
    content: contentClaim(request),
  };
}

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

const TOKEN = /^[\x21-\x7e]{1,4096}$/;

function readSetting(options: AwsSigV4Options): Setting {
  const { name = "aws-sigv4", region, service, urlMode = "plain", sessionToken } = options;
  for (const [option, value] of Object.entries({ region, service }))
    if (typeof value !== "string" || !/^[a-z0-9-]{1,64}$/.test(value))
      throw new ConfigurationError(
        `awsSigV4.${option}`,
        "is not a scope name.",
        `Write ${option}: "…", as the callers do.`,
      );
  if (urlMode !== "plain" && urlMode !== "s3")
    throw new ConfigurationError("awsSigV4.urlMode", "is not a URL mode.", 'Use "plain" or "s3".');
  if (sessionToken !== undefined && !TOKEN.test(sessionToken))
    throw new ConfigurationError(
      "awsSigV4.sessionToken",
      "is not a session token.",
      "Give what came with the temporary credentials, as it is.",
    );
  return { name: readSchemeName(name, "awsSigV4"), region, service, urlMode, sessionToken };
}
