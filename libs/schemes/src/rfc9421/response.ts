import {
  type AnsweredRequest,
  checkMinimum,
  formatContentDigest,
  type HeaderLines,
  type Item,
  Refusal,
  type ResponseClaims,
  type ResponseScheme,
  serialiseDictionary,
  serialiseMember,
  SIGNED_IN_ANSWERS,
} from "@lacre/core/scheme";
import {
  checkComponents,
  readComponents,
  signatureBase,
  wholeFieldsOf,
  type Component,
} from "./components.js";
import { contentClaimOf } from "./digest.js";
import { Message } from "./message.js";
import type { Rules } from "./options.js";
import {
  ALGORITHM,
  componentItem,
  DEFAULT_LABEL,
  readSignature,
  readSignatureInput,
  writeInput,
  type SignatureInput,
} from "./signature-input.js";

/*
 * RFC 9421 §2.4: a response whose signature covers the signature of its request, which binds it to this one request.
 */

/** How answers are signed, under the same rules as requests. */
export function responsesUnder(rules: Rules): ResponseScheme {
  const { label = DEFAULT_LABEL, tag, fields } = rules;

  /** The signature of an answer: its parameters and what it covers. */
  const read = (headers: HeaderLines): readonly [SignatureInput, readonly Component[]] => {
    // An answer needs no nonce of its own: it covers the request's signature.
    const input = readSignatureInput(headers, { ...rules, isNonceRequired: false });
    return [input, readComponents(input.components, "response")];
  };

  return {
    field: "signature",
    fields: ["Signature-Input", "Signature", "Content-Digest"],
    clockField: "Lacre-Clock",
    macEncoding: "base64",

    draft(response, { head, claims: { appId } }, timestampSeconds) {
      const digest =
        response.contentSha256 && formatContentDigest(response.contentSha256("base64"));
      const headers =
        digest === undefined ? response.headers : response.headers.with("content-digest", digest);
      const names = [...new Set([...SIGNED_IN_ANSWERS, ...response.signedHeaders])].filter((name) =>
        headers.has(name),
      );
      const member = writeInput(
        [
          componentItem("@status"),
          ...names.sort().map((name) => componentItem(name)),
          ...BINDING.map((name) => componentItem(name, { req: true })),
          ...requestSignature(head.headers, rules),
        ],
        {
          created: timestampSeconds,
          alg: ALGORITHM,
          // An answer to nobody names nobody.
          keyid: appId === rules.appId || appId === "" ? undefined : appId,
          tag,
        },
      );
      const message = new Message(head, { status: response.status, headers });
      const components = readComponents(member.items, "response");
      checkComponents(components, message, fields);
      checkMinimum(headers, wholeFieldsOf(components), SIGNED_IN_ANSWERS);
      return {
        canonicalResponse: signatureBase(components, serialiseMember(member), message, fields),
        headersWith: (mac) => [
          ...(digest === undefined ? [] : [["Content-Digest", digest] as const]),
          ["Signature-Input", serialiseDictionary(new Map([[label, member]]))],
          ["Signature", `${label}=:${mac}:`],
        ],
      };
    },

    parse(response, _field, { head, claims }): ResponseClaims {
      const [input, components] = response.headers.readOnce(read);
      const mac = readSignature(response.headers, input.label);
      if (input.appId !== claims.appId)
        throw new Refusal("signature-malformed", "keyid is not that of the request");
      checkComponents(components, new Message(head, response), fields);
      return {
        timestampSeconds: input.createdSeconds,
        signedHeaders: wholeFieldsOf(components),
        mac,
      };
    },

    canonicalise(response, _claims, { head }) {
      const [input, components] = response.headers.readOnce(read);
      return signatureBase(components, input.text, new Message(head, response), fields);
    },

    cover(response, { signedHeaders }, { head }: AnsweredRequest) {
      const [, components] = response.headers.readOnce(read);
      if (!components.some(({ name }) => name === "@status"))
        throw new Refusal("header-unsigned", "@status");
      if (!isBound(components, head.headers, rules))
        throw new Refusal("header-unsigned", "the signature of the request");
      checkMinimum(response.headers, signedHeaders, SIGNED_IN_ANSWERS);
      return contentClaimOf(response.headers);
    },
  };
}

/** Of the request, beside its signature: the signature alone would do, and these show what it is about. */
const BINDING: readonly string[] = ["@method", "@authority", "@path", "@query"];

/** The label of the request's signature; undefined where it has none that can be read, and the answer is for nobody. */
function requestLabel(headers: HeaderLines, rules: Rules): string | undefined {
  try {
    const { label } = readSignatureInput(headers, rules);
    readSignature(headers, label);
    return label;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function requestSignature(headers: HeaderLines, rules: Rules): readonly Item[] {
  const label = requestLabel(headers, rules);
  return label === undefined ? [] : [componentItem("signature", { req: true, key: label })];
}

function isBound(components: readonly Component[], headers: HeaderLines, rules: Rules): boolean {
  const label = requestLabel(headers, rules);
  return components.some(
    ({ name, ofRequest, key }) =>
      name === "signature" && ofRequest && (key === undefined || key === label),
  );
}
