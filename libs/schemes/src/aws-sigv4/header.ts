import { hash } from "node:crypto";
import {
  checkCoverage,
  type Claims,
  type ContentClaim,
  type Form,
  type HeaderEntry,
  isSafe,
  namesToSign,
  onlyLine,
  parseAuthParams,
  queryOf,
  type Reading,
  Refusal,
  refuseValue,
  type SignableRequest,
} from "@lacre/core/scheme";
import type { Setting } from "./options.js";
import { isPresigned } from "./presigned.js";
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
import { declaredPayload, PAYLOAD, TYPE, unsignedType } from "./unsigned.js";

/*
 * Credentials in the Authorization header.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

const PARAMS = ["Credential", "SignedHeaders", "Signature"] as const;

/** What the header says, or will say. */
interface Credentials {
  readonly appId: string;
  readonly amzDate: string;
  readonly timestampSeconds: number;
  readonly signedHeaders: readonly string[];
  /** None before it is made. */
  readonly signature?: string;
}

/** The header form of SigV4. */
export function headerForm(setting: Setting): Form {
  return {
    recognises: ({ headers }) => headers.only("authorization")?.startsWith("AWS4-") === true,

    contentUse: () => "sha256",

    read(request) {
      const { headers } = request;
      const credentials = readCredentials(request, setting);
      const { signedHeaders } = credentials;
      const type = unsignedType(headers, signedHeaders, setting);
      const isFree = (name: string): boolean =>
        name === PAYLOAD || (name === TYPE && type !== undefined);
      const mandatory = mustBeSigned(headers, setting).filter((name) => !isFree(name));
      checkCoverage(request, signedHeaders, mandatory);
      refuseSecondSpellings(request.target, setting);
      return readingOf(request, credentials, setting, type === "nothing");
    },

    write(request, { appId }, { timestampSeconds }) {
      const amzDate = formatAmzDate(timestampSeconds);
      const { sessionToken } = setting;
      const added: HeaderEntry[] = [
        ["x-amz-date", amzDate],
        [PAYLOAD, request.contentSha256?.("hex") ?? EMPTY_SHA256],
      ];
      if (sessionToken !== undefined) added.push(["x-amz-security-token", sessionToken]);
      let { headers } = request;
      for (const [name, value] of added) headers = headers.with(name, value);
      const covered = { ...request, headers };
      const signedHeaders = namesToSign(
        headers,
        request.signedHeaders,
        mustBeSigned(headers, setting),
      );
      const list = signedHeaders.join(";");
      checkCoverage(covered, parseSignedHeaders(list));
      refuseSecondSpellings(request.target, setting);
      if (isPresigned(request.target))
        throw new Refusal("credentials-repeated", "X-Amz- parameters in the query");
      const credentials = { appId, amzDate, timestampSeconds, signedHeaders };
      const { claims, text } = readingOf(covered, credentials, setting);
      const beginning = `${ALGORITHM} Credential=${appId}/${scopeOf(setting, amzDate)}, SignedHeaders=${list}, Signature=`;
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({ headers: [...added, ["authorization", beginning + mac]] }),
      };
    },
  };
}

function readCredentials({ headers }: SignableRequest, setting: Setting): Credentials {
  const header = headers.only("authorization") ?? "";
  const values = parseAuthParams(header, PARAMS) as [string, string, string];
  const [credential, list, signature] = values;
  if (!header.startsWith(`${ALGORITHM} `))
    throw new Refusal("credentials-malformed", "unknown algorithm");
  const amzDate = onlyLine(headers, "x-amz-date");
  const timestampSeconds = parseAmzDate(amzDate);
  const appId = readCredential(credential, setting, amzDate, (code, detail) =>
    refuseValue(values, code, detail),
  );
  const signedHeaders = parseSignedHeaders(list, values);
  if (!isSha256Hex(signature)) throw refuseValue(values, "signature-malformed");
  return { appId, amzDate, timestampSeconds, signedHeaders, signature };
}

function readingOf(
  request: SignableRequest,
  { appId, amzDate, timestampSeconds, signedHeaders, signature = "" }: Credentials,
  setting: Setting,
  mustBeEmpty = false,
): Reading {
  const declared = declaredPayload(request.headers);
  const claims: Claims = {
    appId,
    recipe: recipeOf(setting, amzDate),
    timestampSeconds,
    // Not the signature itself: a principal is shown around, and a MAC is not.
    nonce: signature === "" ? "" : hash("sha256", signature),
    repeatable: isSafe(request.method),
    signedHeaders,
    mac: signature,
    content: contentClaim(declared, mustBeEmpty),
  };
  return {
    claims,
    text(digest = EMPTY_SHA256) {
      const payload = declared ?? digest;
      return textOf(
        request,
        signedHeaders,
        setting.urlMode,
        queryOf(request.target) ?? "",
        payload,
      );
    },
  };
}

function contentClaim(declared: string | undefined, mustBeEmpty: boolean): ContentClaim {
  if (declared === undefined)
    return mustBeEmpty ? { kind: "none" } : { kind: "maced", from: "sha256" };
  if (declared.startsWith("UNSIGNED-") || declared.startsWith("STREAMING-"))
    throw new Refusal("payload-unsigned", PAYLOAD);
  if (!isSha256Hex(declared)) throw new Refusal("digest-malformed", PAYLOAD);
  const digest = { algorithm: "sha256", encoding: "hex", digest: declared } as const;
  return { kind: "declared", ...digest, ...(mustBeEmpty && { mustBeEmpty }) };
}
