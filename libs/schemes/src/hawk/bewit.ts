import { hash } from "node:crypto";
import {
  ConfigurationError,
  decodeStrictly,
  type Form,
  isAppIdText,
  type MacAlgorithm,
  pathOf,
  type PresignedMoment,
  queryOf,
  type Reading,
  Refusal,
  refuseUnpresignable,
  refuseUnpresignableMethod,
  type SignableRequest,
} from "@lacre/core/scheme";
import { isTimestamp } from "./attributes.js";
import { checkHeaders } from "./check-headers.js";
import { algorithmOf, normalized, recipeOf } from "./normalized.js";

/*
 * A bewit: a query parameter that authorises GET and HEAD of one URL until its end.
 */

const PARAMETER = "bewit=";
const EXT = /^[\x20-\x5b\x5d-\x7e]*$/;
const MAX_SECONDS = 999_999;

/** What a bewit says. */
interface Bewit {
  readonly id: string;
  /** Its end, which is not included. */
  readonly exp: string;
  readonly mac: string;
  readonly ext: string;
}

/**
 * The URL form of Hawk. A bewit says when it ends and not when it was made: it is taken as one that lives for
 * `lifeSeconds`, so one that would live longer is too new. 0: none are taken.
 */
export const bewitForm = (lifeSeconds: number): Form<PresignedMoment> => ({
  recognises: (request) => lifeSeconds > 0 && hasBewit(request),

  contentUse: () => "sha256",

  read(request) {
    checkHeaders(request.headers);
    if (request.headers.has("authorization"))
      throw new Refusal("credentials-repeated", "a bewit beside an Authorization header");
    const { resource, text } = split(request.target);
    const bewit = readBewit(text);
    const algorithm = algorithmOf(bewit.mac);
    if (!isAppIdText(bewit.id)) throw new Refusal("app-id-malformed");
    if (!isTimestamp(bewit.exp)) throw new Refusal("timestamp-malformed", "not ten digits");
    if (algorithm === undefined) throw new Refusal("signature-malformed");
    refuseUnpresignableMethod(request.method);
    return readingOf({ ...request, target: resource }, bewit, algorithm, lifeSeconds);
  },

  write(request, { appId: id, algorithm }, moment) {
    if (moment.singleUse)
      throw new ConfigurationError(
        "singleUse",
        "is not possible for a bewit: it is good as often as it is used.",
        "Leave it out.",
      );
    checkHeaders(request.headers);
    const isPresigned = hasBewit(request);
    refuseUnpresignable(request, moment, { isPresigned, maxSeconds: MAX_SECONDS });
    const { timestampSeconds, expiresSeconds } = moment;
    const exp = String(timestampSeconds + expiresSeconds);
    const unsigned: Bewit = { id, exp, mac: "", ext: "" };
    const { claims, text } = readingOf(request, unsigned, algorithm, expiresSeconds);
    const { target } = request;
    const beginning = `${target}${target.includes("?") ? "&" : "?"}${PARAMETER}`;
    return {
      claims,
      canonicalRequest: text(),
      signedWith: (mac) => ({
        headers: [],
        target: beginning + Buffer.from(`${id}\\${exp}\\${mac}\\`, "latin1").toString("base64url"),
      }),
    };
  },
});

/** What is MACed: the URL without its bewit, and always as GET. */
function readingOf(
  resource: SignableRequest,
  { id, exp, mac, ext }: Bewit,
  algorithm: MacAlgorithm,
  expiresSeconds: number,
): Reading {
  return {
    claims: {
      appId: id,
      recipe: recipeOf(algorithm),
      timestampSeconds: Number(exp) - expiresSeconds,
      nonce: mac === "" ? "" : hash("sha256", mac), // not itself: a principal is shown around, and a MAC is not
      signedHeaders: ["host"],
      mac,
      content: { kind: "none" },
      presigned: { expiresSeconds },
      repeatable: true,
    },
    text: () => normalized("bewit", { ...resource, method: "GET" }, { ts: exp, nonce: "", ext }),
  };
}

/** Whether a parameter is called `bewit`. Hawk knows no other spelling of it. */
export function hasBewit({ target }: Pick<SignableRequest, "target">): boolean {
  return queryOf(target)?.split("&").some(isBewit) ?? false;
}

const isBewit = (pair: string): boolean => pair.startsWith(PARAMETER);

/** The one bewit of a target, and the target without it. */
function split(target: string): { resource: string; text: string } {
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
    text: (pairs[at] as string).slice(PARAMETER.length),
  };
}

/** `id \ exp \ mac \ ext` in base64url. */
function readBewit(text: string): Bewit {
  const bytes = text === "" ? undefined : decodeStrictly(text, "base64url");
  if (bytes === undefined) throw malformed("not base64url");
  const parts = Buffer.from(bytes).toString("latin1").split("\\");
  const [id = "", exp = "", mac = "", ext = ""] = parts;
  if (parts.length !== 4 || !EXT.test(ext)) throw malformed("not the four parts of a bewit");
  return { id, exp, mac, ext };
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
