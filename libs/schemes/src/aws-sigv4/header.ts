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
      checkCoverage(request, credentials.signedHeaders, mustBeSigned(headers));
      refuseSecondSpellings(request.target, setting);
      return readingOf(request, credentials, setting);
    },

    write(request, { appId }, { timestampSeconds }) {
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
): Reading {
  const claims: Claims = {
    appId,
    recipe: recipeOf(setting, amzDate),
    timestampSeconds,
    // Not the signature itself: a principal is shown around, and a MAC is not.
    nonce: signature === "" ? "" : hash("sha256", signature),
    repeatable: isSafe(request.method),
    signedHeaders,
    mac: signature,
    content: contentClaim(request),
  };
  const { content } = claims;
  return {
    claims,
    text(digest = EMPTY_SHA256) {
      const payload = content.kind === "declared" ? content.digest : digest;
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

function contentClaim({ headers }: SignableRequest): ContentClaim {
  const declared = headers.only("x-amz-content-sha256");
  if (declared === undefined) return { kind: "maced", from: "sha256" };
  if (declared.startsWith("UNSIGNED-") || declared.startsWith("STREAMING-"))
    throw new Refusal("payload-unsigned", "x-amz-content-sha256");
  if (!isSha256Hex(declared)) throw new Refusal("digest-malformed", "x-amz-content-sha256");
  return { kind: "declared", algorithm: "sha256", encoding: "hex", digest: declared };
}
