import { hash } from "node:crypto";
import {
  type Claims,
  ConfigurationError,
  decodeStrictly,
  isAppIdText,
  isSafe,
  type Moment,
  pathOf,
  type PresignedDraft,
  type PresignedTerms,
  queryOf,
  Refusal,
  type SignableRequest,
  type Signatory,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { isTimestamp } from "./attributes.js";
import { algorithmOf, normalized } from "./normalized.js";

/*
 * A bewit: a query parameter that authorises GET and HEAD of one URL until its end.
 */

const PARAMETER = "bewit=";
const EXT = /^[\x20-\x5b\x5d-\x7e]*$/;
const EXPIRES = /^[1-9][0-9]{0,5}$/;

/** Whether a parameter is called `bewit`. Hawk knows no other spelling of it. */
export function hasBewit({ target }: Pick<SignableRequest, "target">): boolean {
  return queryOf(target)?.split("&").some(isBewit) ?? false;
}

const isBewit = (pair: string): boolean => pair.startsWith(PARAMETER);

/**
 * Reads the credentials of a URL. A bewit says when it ends and not when it was made: it is taken as one that lives for
 * `lifeSeconds`, so one that would live longer is too new.
 */
export function parseBewit(request: SignableRequest, scheme: string, lifeSeconds: number): Claims {
  if (request.headers.has("authorization"))
    throw new Refusal("credentials-repeated", "a bewit beside an Authorization header");
  const { bewit } = split(request.target);
  const { id, exp, mac } = readBewit(bewit);
  const algorithm = algorithmOf(mac);
  if (!isAppIdText(id)) throw new Refusal("app-id-malformed");
  if (!isTimestamp(exp)) throw new Refusal("timestamp-malformed", "not ten digits");
  if (algorithm === undefined) throw new Refusal("signature-malformed");
  refuseMethod(request.method);
  return {
    scheme,
    appId: id,
    algorithm,
    timestampSeconds: Number(exp) - lifeSeconds,
    nonce: hash("sha256", mac), // not itself: a principal is shown around, and a MAC is not
    signedHeaders: ["host"],
    mac,
    content: { kind: "none" },
    presigned: { expiresSeconds: lifeSeconds },
    repeatable: true,
  };
}

/** What is MACed: the URL without its bewit, and always as GET. */
export function canonicalBewit(request: SignableRequest): string {
  const { resource, bewit } = split(request.target);
  const { exp, ext } = readBewit(bewit);
  return textOf(request, resource, exp, ext);
}

/** Prepares a URL with a bewit. */
export function draftBewit(
  request: UnsignedRequest,
  { appId, algorithm }: Signatory,
  { timestampSeconds }: Moment,
  { expiresSeconds, singleUse }: PresignedTerms,
  scheme: string,
): PresignedDraft {
  if (singleUse)
    throw new ConfigurationError(
      "singleUse",
      "a bewit is good as often as it is used.",
      "Leave it out.",
    );
  refuseMethod(request.method);
  if (request.contentSha256 !== undefined)
    throw new Refusal("content-undigested", "a URL with a bewit has no content");
  if (request.headers.has("authorization") || hasBewit(request))
    throw new Refusal("credentials-repeated", "a bewit is credentials of its own");
  if (!EXPIRES.test(String(expiresSeconds)))
    throw malformed("a bewit lives for 1 to 999999 whole seconds");
  const exp = timestampSeconds + expiresSeconds;
  const { target } = request;
  const beginning = `${target}${target.includes("?") ? "&" : "?"}${PARAMETER}`;
  return {
    claims: {
      scheme,
      appId,
      algorithm,
      timestampSeconds,
      nonce: "",
      signedHeaders: ["host"],
      mac: "",
      content: { kind: "none" },
      presigned: { expiresSeconds },
      repeatable: true,
    },
    canonicalRequest: textOf(request, target, String(exp), ""),
    targetWith: (mac) =>
      beginning + Buffer.from(`${appId}\\${exp}\\${mac}\\`, "latin1").toString("base64url"),
  };
}

function textOf(request: SignableRequest, resource: string, exp: string, ext: string): string {
  return normalized(
    "bewit",
    { ...request, method: "GET", target: resource },
    { ts: exp, nonce: "", ext },
  );
}

/** The one bewit of a target, and the target without it. */
function split(target: string): { resource: string; bewit: string } {
  const pairs = (queryOf(target) ?? "").split("&");
  const at = pairs.findIndex(isBewit);
  if (at < 0 || pairs.findLastIndex(isBewit) !== at) throw malformed("more than one bewit");
  const others = pairs.toSpliced(at, 1);
  // "?bewit=…&" would be a second spelling of "?bewit=…".
  if (at < others.length && others.slice(at).join("&") === "")
    throw malformed("nothing behind the & after the bewit");
  const query = others.length === 0 ? "" : `?${others.join("&")}`;
  return {
    resource: pathOf(target) + query,
    bewit: (pairs[at] as string).slice(PARAMETER.length),
  };
}

/** `id \ exp \ mac \ ext` in base64url. */
function readBewit(text: string): { id: string; exp: string; mac: string; ext: string } {
  const bytes = text === "" ? undefined : decodeStrictly(text, "base64url");
  if (bytes === undefined) throw malformed("not base64url");
  const parts = Buffer.from(bytes).toString("latin1").split("\\");
  const [id = "", exp = "", mac = "", ext = ""] = parts;
  if (parts.length !== 4 || !EXT.test(ext)) throw malformed("not the four parts of a bewit");
  return { id, exp, mac, ext };
}

function refuseMethod(method: string): void {
  if (!isSafe(method)) throw new Refusal("method-refused", "a bewit is for GET or HEAD");
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
