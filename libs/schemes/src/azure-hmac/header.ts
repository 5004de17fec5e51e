import { hash } from "node:crypto";
import {
  checkListed,
  checkMinimum,
  type ContentClaim,
  decodeStrictly,
  type Form,
  formatHttpDate,
  type HeaderLines,
  isAppIdText,
  isFieldName,
  isSafe,
  type MacRecipe,
  onlyLine,
  parseHttpDate,
  type Reading,
  Refusal,
  type SignableRequest,
  SIGNED_WHEN_PRESENT,
} from "@lacre/core/scheme";
import { DIGEST, type Settings } from "./options.js";

/*
 * Credentials in the Authorization header.
 */

export const WORD = "HMAC-SHA256";
const RECIPE: MacRecipe = { algorithm: "sha256", encoding: "base64" };
const EMPTY_SHA256 = hash("sha256", "", "base64");
const MAX_LENGTH = 4096;
/** With `&` between the parameters, or `, ` as some of Microsoft's own samples have it. */
const PARAMETERS =
  /^HMAC-SHA256 (?:Credential=([^&, ]*)(&|, )(?=SignedHeaders=[^&, ]*\2))?SignedHeaders=([^&, ]*)(?:&|, )Signature=([^&, ]*)$/;

/** The content's type is the one of them that Azure's own clients send, and none of them signs it. */
const MUST_BE_SIGNED: readonly string[] = [
  "x-ms-date", // where there is one, Date is not read
  ...SIGNED_WHEN_PRESENT.filter((name) => name !== "content-type"),
];

/** What the header says, or will say. */
interface Credentials {
  readonly appId: string;
  readonly timestampSeconds: number;
  readonly signedHeaders: readonly string[];
  /** None before it is made. */
  readonly signature?: string;
}

/** The header form under these settings. */
export function headerForm({ appId: fixedAppId, furtherHeaders }: Settings): Form {
  return {
    recognises: ({ headers }) => /^HMAC-SHA256(?: |$)/i.test(headers.only("authorization") ?? ""),

    contentUse: () => "sha256",

    read(request) {
      const { headers } = request;
      const [credential, list, signature] = parameters(headers, fixedAppId !== undefined);
      const appId = fixedAppId ?? credential;
      if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
      const signedHeaders = list.split(";", 3 + furtherHeaders.length + 1);
      const dateHeader = dateIn(signedHeaders, furtherHeaders);
      if (!isBase64Of32Bytes(signature)) throw new Refusal("signature-malformed");
      checkSigned(request, signedHeaders);
      const timestampSeconds = parseHttpDate(onlyLine(headers, dateHeader), dateHeader);
      return readingOf(request, { appId, timestampSeconds, signedHeaders, signature });
    },

    write(request, { appId }, { timestampSeconds }) {
      const date = formatHttpDate(timestampSeconds);
      const digest = request.contentSha256?.("base64") ?? EMPTY_SHA256;
      const headers = request.headers.with("x-ms-date", date).with(DIGEST, digest);
      const covered = { ...request, headers };
      const signedHeaders = ["x-ms-date", "host", DIGEST];
      for (const name of furtherHeaders) {
        if (headers.only(name)?.includes(";") !== false) break; // none, two, or one that cannot be signed
        signedHeaders.push(name);
      }
      checkSigned(covered, signedHeaders);
      const { claims, text } = readingOf(covered, { appId, timestampSeconds, signedHeaders });
      const credential = fixedAppId === undefined ? `Credential=${appId}&` : "";
      const beginning = `${WORD} ${credential}SignedHeaders=${signedHeaders.join(";")}&Signature=`;
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({
          headers: [
            ["x-ms-date", date],
            [DIGEST, digest],
            ["authorization", beginning + mac],
          ],
        }),
      };
    },
  };
}

function readingOf(
  request: SignableRequest,
  { appId, timestampSeconds, signedHeaders, signature = "" }: Credentials,
): Reading {
  return {
    claims: {
      appId,
      recipe: RECIPE,
      timestampSeconds,
      // Not the signature itself: a principal is shown around, and a MAC is not.
      nonce: signature === "" ? "" : hash("sha256", signature),
      repeatable: isSafe(request.method),
      signedHeaders,
      mac: signature,
      content: contentClaim(request.headers),
    },
    text() {
      const { method, target, headers, host } = request;
      const values = signedHeaders.map((name) =>
        name === "host" ? host : (headers.only(name) ?? ""),
      );
      return `${method}\n${target}\n${values.join(";")}`;
    },
  };
}

/** Credential, list of headers, signature: each once, in this order, none else. */
function parameters(
  headers: HeaderLines,
  withoutCredential: boolean,
): readonly [credential: string, list: string, signature: string] {
  const header = headers.only("authorization") ?? "";
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const [match, credential, , list = "", signature = ""] = PARAMETERS.exec(header) ?? [];
  if (match === undefined || (credential === undefined) !== withoutCredential)
    throw malformed(
      `expected ${withoutCredential ? "no Credential, " : "Credential, "}SignedHeaders, Signature`,
    );
  return [credential ?? "", list, signature];
}

/**
 * The header that tells the time. The names are not signed, so a name is good in its own place alone: the three that
 * must be come first, in any order, since no value of one can be that of another; then the further ones.
 */
function dateIn(names: readonly string[], further: readonly string[]): "x-ms-date" | "date" {
  const refuse = (detail: string): Refusal => new Refusal("signed-headers-malformed", detail);
  if (!names.every(isFieldName)) throw refuse("not a list of header names");
  const first = names.slice(0, 3);
  const unsigned = ["host", DIGEST].find((name) => !first.includes(name));
  if (unsigned !== undefined) throw new Refusal("header-unsigned", unsigned);
  const date = first.find((name) => name === "x-ms-date" || name === "date");
  if (date === undefined) throw new Refusal("header-unsigned", "x-ms-date");
  if (names.slice(3).some((name, i) => name !== further[i]))
    throw refuse(`after the three that must be: ${further.join(", ") || "none"}, in this order`);
  return date as "x-ms-date" | "date";
}

/** The values are joined with ";", so none may hold one. */
function checkSigned({ headers }: SignableRequest, names: readonly string[]): void {
  checkListed(headers, names, "host"); // counted when the request was received
  const divided = names.find((name) => name !== "host" && onlyLine(headers, name).includes(";"));
  if (divided !== undefined)
    throw new Refusal(
      "header-malformed",
      `${divided} has a semicolon, which divides signed values`,
    );
  checkMinimum(headers, names, MUST_BE_SIGNED);
}

function contentClaim(headers: HeaderLines): ContentClaim {
  const digest = onlyLine(headers, DIGEST);
  if (!isBase64Of32Bytes(digest)) throw new Refusal("digest-malformed", DIGEST);
  return { kind: "declared", algorithm: "sha256", encoding: "base64", digest };
}

const isBase64Of32Bytes = (text: string): boolean =>
  text.length === 44 && decodeStrictly(text, "base64")?.byteLength === 32;

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
