import { hash } from "node:crypto";
import {
  checkListed,
  checkMinimum,
  type ContentClaim,
  decodeStrictly,
  type Form,
  formatHttpDate,
  type HeaderEntry,
  type HeaderLines,
  isAppIdText,
  isSafe,
  type MacRecipe,
  onlyLine,
  parseHttpDate,
  type Reading,
  Refusal,
  type SignableRequest,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { dateHeaderOf, type SignedText } from "./text.js";

/*
 * Credentials in the Authorization header.
 */

const RECIPE: MacRecipe = { algorithm: "sha256", encoding: "base64" };
const CREDENTIALS = /^(SharedKey(?:Lite)?) ([^: ]*):([^: ]*)$/;
const MAX_LENGTH = 256;

/** What the header says, or will say. */
interface Credentials {
  readonly appId: string;
  readonly timestampSeconds: number;
  readonly signedHeaders: readonly string[];
  /** None before it is made. */
  readonly signature?: string;
}

/** The header form of one of the texts. */
export function headerForm(signed: SignedText, allowUnsignedContent: boolean): Form {
  const coversContentOf = (headers: HeaderLines): boolean =>
    signed.coversContent && headers.has("content-md5");

  const contentClaim = (headers: HeaderLines): ContentClaim =>
    coversContentOf(headers)
      ? md5Claim(headers)
      : { kind: allowUnsignedContent ? "uncovered" : "none" };

  const readingOf = (
    request: SignableRequest,
    { appId, timestampSeconds, signedHeaders, signature = "" }: Credentials,
  ): Reading => {
    signed.checkTarget(request.target);
    return {
      claims: {
        appId,
        recipe: RECIPE,
        timestampSeconds,
        // Not the signature itself: a principal is shown around, and a MAC is not.
        nonce: signature === "" ? "" : hash("sha256", signature),
        repeatable: signed.coversMethod && isSafe(request.method),
        signedHeaders,
        mac: signature,
        content: contentClaim(request.headers),
      },
      text: () => signed.textOf(request, appId),
    };
  };

  return {
    recognises: ({ headers }) =>
      /^SharedKey(?:Lite)?(?: |$)/i.test(headers.only("authorization") ?? ""),

    // MD5 is none of the digests that are made of every body, so the bytes are kept for it.
    contentUse: ({ headers }) => (coversContentOf(headers) ? "bytes" : "sha256"),

    read(request) {
      return readingOf(request, readCredentials(request.headers, signed));
    },

    write(request, { appId }, { timestampSeconds }) {
      const added = headersToAdd(request, timestampSeconds, signed);
      const headers = added.reduce((all, [name, value]) => all.with(name, value), request.headers);
      const covered = { ...request, headers: withLength(headers, request) };
      if (request.contentSha256 !== undefined && contentClaim(headers).kind === "none")
        throw new Refusal("content-undigested", "nothing that is signed covers the content");
      const signedHeaders = signedHeadersOf(covered.headers, signed);
      const { claims, text } = readingOf(covered, { appId, timestampSeconds, signedHeaders });
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({
          headers: [...added, ["authorization", `${signed.word} ${appId}:${mac}`]],
        }),
      };
    },
  };
}

function readCredentials(headers: HeaderLines, signed: SignedText): Credentials {
  const header = headers.only("authorization") ?? "";
  const [match, given, appId = "", signature = ""] =
    header.length > MAX_LENGTH ? [] : (CREDENTIALS.exec(header) ?? []);
  if (match === undefined || given !== signed.word)
    throw new Refusal("credentials-malformed", `expected ${signed.word} account:signature`);
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  if (!isBase64Of(32, signature)) throw new Refusal("signature-malformed");
  const signedHeaders = signedHeadersOf(headers, signed);
  const dateHeader = dateHeaderOf(headers);
  const timestampSeconds = parseHttpDate(onlyLine(headers, dateHeader), dateHeader);
  return { appId, timestampSeconds, signedHeaders, signature };
}

/** The headers that the text has a place for and the request brings, each of them on one line. */
function signedHeadersOf(headers: HeaderLines, signed: SignedText): readonly string[] {
  const names = signed.namesIn(headers);
  const twin = names.find((name) => headers.hasTwin(name));
  if (twin !== undefined) throw new Refusal("header-ambiguous", twin);
  const present = names.filter((name) => headers.has(name));
  checkListed(headers, present);
  checkMinimum(headers, present, signed.mustBeSigned);
  return present;
}

function headersToAdd(
  { content }: UnsignedRequest,
  timestampSeconds: number,
  { coversContent }: SignedText,
): readonly HeaderEntry[] {
  const date: HeaderEntry = ["x-ms-date", formatHttpDate(timestampSeconds)];
  return coversContent && content !== undefined && content.byteLength > 0
    ? [date, ["content-md5", hash("md5", content, "base64")]]
    : [date];
}

/** The length is signed, and HTTP libraries set it: what they will set must be known. */
function withLength(
  headers: HeaderLines,
  { content, contentSha256 }: UnsignedRequest,
): HeaderLines {
  if (content !== undefined && content.byteLength > 0)
    return headers.with("content-length", String(content.byteLength));
  if (contentSha256 !== undefined && !headers.has("content-length"))
    throw new Refusal("header-missing", "content-length, which is signed: give it, or the content");
  return headers;
}

/** @throws Refusal `header-repeated`, `digest-malformed` */
function md5Claim(headers: HeaderLines): ContentClaim {
  const digest = onlyLine(headers, "content-md5");
  if (!isBase64Of(16, digest)) throw new Refusal("digest-malformed", "Content-MD5");
  return { kind: "checked", matches: (bytes) => hash("md5", bytes, "base64") === digest };
}

const isBase64Of = (length: number, text: string): boolean =>
  text.length === Math.ceil(length / 3) * 4 && decodeStrictly(text, "base64")?.length === length;
