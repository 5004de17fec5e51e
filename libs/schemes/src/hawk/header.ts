import {
  type ContentClaim,
  type Form,
  type HeaderLines,
  isSafe,
  type MacAlgorithm,
  type Reading,
  Refusal,
  type SignableRequest,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { type Attributes, isHawk, readAttributes } from "./attributes.js";
import { hasBewit } from "./bewit.js";
import { checkHeaders } from "./check-headers.js";
import { normalized, payloadHash, recipeOf } from "./normalized.js";

/*
 * Credentials in the Authorization header.
 */

/** What the header form has to know of the server. */
interface Terms {
  readonly allowUnsignedContent: boolean;
  readonly takesBewits: boolean;
}

/** The header form of Hawk. */
export function headerForm({ allowUnsignedContent, takesBewits }: Terms): Form {
  const contentClaim = (headers: HeaderLines, { hash, algorithm }: Attributes): ContentClaim =>
    hash === undefined
      ? { kind: allowUnsignedContent ? "uncovered" : "none" }
      : { kind: "checked", matches: (bytes) => payloadHash(algorithm, headers, bytes) === hash };

  const readingOf = (request: SignableRequest, attributes: Attributes): Reading => ({
    claims: {
      appId: attributes.id,
      recipe: recipeOf(attributes.algorithm),
      timestampSeconds: Number(attributes.ts),
      nonce: attributes.nonce,
      signedHeaders: ["host"],
      mac: attributes.mac,
      content: contentClaim(request.headers, attributes),
    },
    text: () => normalized("header", request, attributes),
  });

  return {
    recognises: ({ headers }) => isHawk(headers.only("authorization")),

    contentUse: ({ headers }) =>
      headers.only("authorization")?.includes('hash="') === true ? "bytes" : "sha256",

    read(request) {
      checkHeaders(request.headers);
      return readingOf(request, readAttributes(request.headers.only("authorization") ?? ""));
    },

    write(request, { appId: id, algorithm }, { timestampSeconds, nonce }) {
      checkHeaders(request.headers);
      if (takesBewits && hasBewit(request))
        throw new Refusal("credentials-repeated", "a bewit in the target");
      const ts = String(timestampSeconds);
      const hash = hashToSign(request, algorithm);
      const { claims, text } = readingOf(request, { id, ts, nonce, hash, algorithm, mac: "" });
      const beginning =
        `Hawk id="${id}", ts="${ts}", nonce="${nonce}", ` +
        (hash === undefined ? "" : `hash="${hash}", `);
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({ headers: [["authorization", `${beginning}mac="${mac}"`]] }),
      };
    },
  };
}

/** Also of an empty payload, where a server may expect one. */
function hashToSign(
  { method, headers, content, contentSha256 }: UnsignedRequest,
  algorithm: MacAlgorithm,
): string | undefined {
  if (content !== undefined) return payloadHash(algorithm, headers, content);
  if (contentSha256 !== undefined)
    throw new Refusal("content-unread", "Hawk hashes the bytes, and their SHA-256 does not help");
  return isSafe(method) ? undefined : payloadHash(algorithm, headers, new Uint8Array());
}
