import { type AnsweredRequest, Refusal, type ResponseScheme } from "@lacre/core/scheme";
import { isSha256Base64 } from "./credentials.js";
import { RECIPE } from "./recipe.js";

/** The response's bytes, bound to the request by its nonce and time. Neither status nor headers are covered. */
export const responses: ResponseScheme = {
  field: "x-server-authorization-hmac-sha256",
  fields: ["X-Server-Authorization-HMAC-SHA256"],

  write: ({ content }, request) => ({
    recipe: RECIPE,
    canonicalResponse: textOf(content, request),
    headersWith: (mac) => [["X-Server-Authorization-HMAC-SHA256", mac]],
  }),

  read(_response, field, request) {
    if (!isSha256Base64(field)) throw new Refusal("signature-malformed");
    return {
      claims: { timestampSeconds: undefined, signedHeaders: [], mac: field },
      recipe: RECIPE,
      text: (content) => textOf(content, request),
      cover: () => ({ kind: "maced", from: "bytes" }),
    };
  },
};

function textOf(
  content: Uint8Array = new Uint8Array(),
  { claims: { nonce, timestampSeconds } }: AnsweredRequest,
): string {
  return `${nonce}\n${timestampSeconds}\n${Buffer.from(content).toString("latin1")}`;
}
