import {
  type AnsweredRequest,
  Refusal,
  type ResponseScheme,
  type SignableRequest,
} from "@lacre/core/scheme";
import { isHawk, readAttributes, readValues } from "./attributes.js";
import { algorithmOf, normalized, payloadHash, type Artifacts } from "./normalized.js";

/*
 * Server-Authorization: the request's line, time and nonce, with hash and ext of the response's own. Neither status nor
 * headers are covered.
 */

const FIELD = "server-authorization";

/** How Hawk signs responses. */
export const responses: ResponseScheme = {
  field: FIELD,
  fields: ["Server-Authorization"],
  macEncoding: "base64",

  draft({ headers, content = new Uint8Array() }, request) {
    const hash = payloadHash(request.claims.algorithm, headers, content);
    return {
      canonicalResponse: textOf(request, { hash }),
      headersWith: (mac) => [["Server-Authorization", `Hawk mac="${mac}", hash="${hash}"`]],
    };
  },

  parse({ headers }, field, { claims: { algorithm } }) {
    const { mac, hash } = readField(field);
    if (mac === undefined || algorithmOf(mac) !== algorithm)
      throw new Refusal("signature-malformed");
    if (hash !== undefined && algorithmOf(hash) !== algorithm)
      throw new Refusal("digest-malformed", "hash");
    if (headers.isRepeated("content-type")) throw new Refusal("header-repeated", "content-type");
    return { timestampSeconds: undefined, signedHeaders: [], mac };
  },

  canonicalise({ headers }, _claims, request) {
    return textOf(request, readField(headers.only(FIELD) ?? ""));
  },

  cover({ headers }, _claims, { claims: { algorithm } }) {
    const { hash } = readField(headers.only(FIELD) ?? "");
    return hash === undefined
      ? { kind: "none" }
      : {
          kind: "checked",
          matches: (bytes) => payloadHash(algorithm, headers, bytes) === hash,
        };
  },
};

function readField(field: string): Partial<Record<"mac" | "hash" | "ext", string>> {
  if (!isHawk(field)) throw new Refusal("signature-malformed", "not Hawk");
  return Object.fromEntries(readValues(field, ["mac", "hash", "ext"]));
}

function textOf({ head, claims }: AnsweredRequest, own: Pick<Artifacts, "hash" | "ext">): string {
  const { app, dlg } = delegationOf(head);
  const { timestampSeconds: ts, nonce } = claims;
  return normalized("response", head, { ts, nonce, app, dlg, hash: own.hash, ext: own.ext });
}

/** Nothing for a request that could not be read, whose answer nobody can check. */
function delegationOf({ headers }: SignableRequest): Pick<Artifacts, "app" | "dlg"> {
  try {
    return readAttributes(headers.only("authorization") ?? "");
  } catch {
    return {};
  }
}
