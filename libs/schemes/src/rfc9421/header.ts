import { hash } from "node:crypto";
import {
  checkMinimum,
  type Claims,
  type Form,
  formatContentDigest,
  isSafe,
  type MacRecipe,
  queryOf,
  type Reading,
  Refusal,
  serialiseDictionary,
  type SignableRequest,
  SIGNED_WHEN_PRESENT,
} from "@lacre/core/scheme";
import {
  type Component,
  isForbidden,
  partsOf,
  readComponents,
  wholeFieldsOf,
} from "./components.js";
import { contentClaimOf, contentUseOf } from "./digest.js";
import { Message } from "./message.js";
import type { Rules } from "./options.js";
import { coveredValues, signatureBase } from "./signature-base.js";
import {
  ALGORITHM,
  componentItem,
  DEFAULT_LABEL,
  type InputReader,
  readSignature,
  type SignatureInput,
  writeInput,
} from "./signature-input.js";

/*
 * The signature of a request: Signature-Input and Signature.
 */

/** RFC 9421 §3.3.3. */
export const RECIPE: MacRecipe = { algorithm: "sha256", encoding: "base64" };

const OWN_FIELDS: readonly string[] = ["signature", "signature-input"];
const WHOLE_TARGET: readonly string[] = ["@request-target", "@target-uri"];

/** The form of requests under these rules. */
export function headerForm(rules: Rules, inputOf: InputReader): Form {
  const { label = DEFAULT_LABEL, tag } = rules;
  return {
    recognises: ({ headers }) => headers.has("signature-input"),

    contentUse: ({ headers }) => contentUseOf(headers),

    read(request) {
      const input = inputOf(request.headers);
      const components = readComponents(input.components, "request");
      const mac = readSignature(request.headers, input.label);
      return readingOf(request, input, components, rules, {
        mac,
        // Not the signature itself: a principal is shown around, and a MAC is not.
        nonce: input.nonce ?? hash("sha256", mac),
      });
    },

    write(request, { appId }, { timestampSeconds, nonce }) {
      const digest = request.contentSha256 && formatContentDigest(request.contentSha256("base64"));
      const headers =
        digest === undefined ? request.headers : request.headers.with("content-digest", digest);
      const names = [...SIGNED_WHEN_PRESENT, ...request.signedHeaders].filter(
        (name) => headers.has(name) && !isForbidden(name) && !OWN_FIELDS.includes(name),
      );
      const member = writeInput(
        Array.from(new Set([...rules.components, ...names.sort()]), (name) => componentItem(name)),
        {
          created: timestampSeconds,
          nonce,
          alg: ALGORITHM,
          keyid: appId === rules.appId ? undefined : appId,
          tag,
        },
      );
      const signatureInput = serialiseDictionary(new Map([[label, member]]));
      const covered = { ...request, headers: headers.with("signature-input", signatureInput) };
      const input = inputOf(covered.headers);
      const components = readComponents(input.components, "request");
      const { claims, text } = readingOf(covered, input, components, rules, { mac: "", nonce });
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({
          headers: [
            ...(digest === undefined ? [] : [["content-digest", digest] as const]),
            ["signature-input", signatureInput],
            ["signature", `${label}=:${mac}:`],
          ],
        }),
      };
    },
  };
}

/**
 * Holds what a signature covers against the server's rule.
 * @throws Refusal
 */
function readingOf(
  request: SignableRequest,
  input: SignatureInput,
  components: readonly Component[],
  rules: Rules,
  proof: Pick<Claims, "mac" | "nonce">,
): Reading {
  const values = coveredValues(components, new Message(request), rules.fields);
  const signedHeaders = wholeFieldsOf(components);
  const derived = components.filter(({ isField }) => !isField).map(({ name }) => name);
  checkCovered(request, derived, signedHeaders, rules);
  const claims: Claims = {
    ...proof,
    appId: input.appId,
    recipe: RECIPE,
    timestampSeconds: input.createdSeconds,
    goodUntilSeconds: input.expiresSeconds,
    repeatable: input.nonce === undefined && isSafe(request.method) && derived.includes("@method"),
    signedHeaders,
    content: contentClaimOf(request.headers),
  };
  return { claims, text: () => signatureBase(components, values, input.text) };
}

function checkCovered(
  request: SignableRequest,
  derived: readonly string[],
  fields: readonly string[],
  { components: required }: Rules,
): void {
  checkMinimum(request.headers, fields, SIGNED_WHEN_PRESENT);
  const covered = new Set([...partsOf(derived), ...fields]);
  const open = partsOf(required).find((part) => !covered.has(part));
  if (open !== undefined) throw new Refusal("header-unsigned", open);
  // To @query, no query and an empty one are the same; not to what sees the target.
  if (queryOf(request.target) === "" && !derived.some((name) => WHOLE_TARGET.includes(name)))
    throw new Refusal("target-malformed", "has a second spelling under the same signature");
}
