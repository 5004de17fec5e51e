import {
  type AnsweredRequest,
  Refusal,
  type ResponseScheme,
  type SignableRequest,
} from "@lacre/core/scheme";
import { isHawk, readAttributes, readValues } from "./attributes.js";
import { algorithmOf, type Artifacts, normalized, payloadHash, recipeOf } from "./normalized.js";

/*
 * Server-Authorization: the request's line, time and nonce, with hash and ext of the response's own. Neither status nor
 * headers are covered.
 */

/** How Hawk signs responses. */
export const responses: ResponseScheme = {
  field: "server-authorization",
  fields: ["Server-Authorization"],

  write({ headers, content = new Uint8Array() }, request) {
    const { algorithm } = request.claims.recipe;
    const hash = payloadHash(algorithm, headers, content);
    return {
      recipe: recipeOf(algorithm),
      canonicalResponse: textOf(request, { hash }),
      headersWith: (mac) => [["Server-Authorization", `Hawk mac="${mac}", hash="${hash}"`]],
    };
  },

  read({ headers }, field, request) {
    const { algorithm } = request.claims.recipe;
    if (!isHawk(field)) throw new Refusal("signature-malformed", "not Hawk");
    const values = readValues(field, ["mac", "hash", "ext"]);
    const [mac, hash, ext] = ["mac", "hash", "ext"].map((name) => values.get(name));
    if (mac === undefined || algorithmOf(mac) !== algorithm)
      throw new Refusal("signature-malformed");
    if (hash !== undefined && algorithmOf(hash) !== algorithm)
      throw new Refusal("digest-malformed", "hash");
    if (headers.isRepeated("content-type")) throw new Refusal("header-repeated", "content-type");
    return {
      claims: { timestampSeconds: undefined, signedHeaders: [], mac },
      recipe: recipeOf(algorithm),
      text: textOf(request, { hash, ext }),
      cover: () =>
        hash === undefined
          ? { kind: "none" }
          : {
              kind: "checked",
              matches: (bytes) => payloadHash(algorithm, headers, bytes) === hash,
            },
    };
  },
};

function textOf({ head, claims }: AnsweredRequest, own: Pick<Artifacts, "hash" | "ext">): string {
  const { timestampSeconds: ts, nonce } = claims;
  return normalized("response", head, { ts, nonce, ...delegationOf(head), ...own });
}

/** Nothing for a request that could not be read, whose answer nobody can check. */
function delegationOf({ headers }: SignableRequest): Pick<Artifacts, "app" | "dlg"> {
  try {
    const { app, dlg } = readAttributes(headers.only("authorization") ?? "");
    return { app, dlg };
  } catch {
    return {};
  }
}
