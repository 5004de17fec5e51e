import {
  type AnsweredRequest,
  checkMinimum,
  formatContentDigest,
  type HeaderLines,
  type Item,
  Refusal,
  type ResponseReading,
  type ResponseScheme,
  serialiseDictionary,
  serialiseMember,
  type SignableResponse,
  SIGNED_IN_ANSWERS,
} from "@lacre/core/scheme";
import { type Component, readComponents, wholeFieldsOf } from "./components.js";
import { contentClaimOf } from "./digest.js";
import { RECIPE } from "./header.js";
import { Message } from "./message.js";
import type { Rules } from "./options.js";
import { coveredValues, signatureBase } from "./signature-base.js";
import {
  ALGORITHM,
  componentItem,
  DEFAULT_LABEL,
  type InputReader,
  readSignature,
  readSignatureInput,
  writeInput,
} from "./signature-input.js";

/*
 * RFC 9421 §2.4: a response whose signature covers the signature of its request, which binds it to this one request.
 */

/**
 * How answers are signed, under the same rules as requests.
 * @param inputOf reads the signature of the request
 */
export function responsesUnder(rules: Rules, inputOf: InputReader): ResponseScheme {
  const { label = DEFAULT_LABEL, tag, fields } = rules;
  return {
    field: "signature",
    fields: ["Signature-Input", "Signature", "Content-Digest"],
    clockField: "Lacre-Clock",

    write(response, { head, claims: { appId } }, timestampSeconds) {
      const digest =
        response.contentSha256 && formatContentDigest(response.contentSha256("base64"));
      const headers =
        digest === undefined ? response.headers : response.headers.with("content-digest", digest);
      const names = [...new Set([...SIGNED_IN_ANSWERS, ...response.signedHeaders])].filter((name) =>
        headers.has(name),
      );
      const requestLabel = labelOf(head.headers, inputOf);
      const member = writeInput(
        [
          componentItem("@status"),
          ...names.sort().map((name) => componentItem(name)),
          ...BINDING.map((name) => componentItem(name, { req: true })),
          ...signatureItem(requestLabel),
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
      const values = coveredValues(components, message, fields);
      checkMinimum(headers, wholeFieldsOf(components), SIGNED_IN_ANSWERS);
      return {
        recipe: RECIPE,
        canonicalResponse: signatureBase(components, values, serialiseMember(member)),
        headersWith: (mac) => [
          ...(digest === undefined ? [] : [["Content-Digest", digest] as const]),
          ["Signature-Input", serialiseDictionary(new Map([[label, member]]))],
          ["Signature", `${label}=:${mac}:`],
        ],
      };
    },

    read: (response, _field, request) => read(response, request, rules, inputOf),
  };
}

function read(
  response: SignableResponse,
  { head, claims: { appId } }: AnsweredRequest,
  rules: Rules,
  inputOf: InputReader,
): ResponseReading {
  const { headers } = response;
  // An answer needs no nonce of its own: it covers the request's signature.
  const input = readSignatureInput(headers, { ...rules, nonce: "optional" });
  const components = readComponents(input.components, "response");
  const mac = readSignature(headers, input.label);
  if (input.appId !== appId)
    throw new Refusal("signature-malformed", "keyid is not that of the request");
  const values = coveredValues(components, new Message(head, response), rules.fields);
  const signedHeaders = wholeFieldsOf(components);
  return {
    claims: { timestampSeconds: input.createdSeconds, signedHeaders, mac },
    recipe: RECIPE,
    text: signatureBase(components, values, input.text),
    cover() {
      if (!components.some(({ name }) => name === "@status"))
        throw new Refusal("header-unsigned", "@status");
      if (!isBound(components, labelOf(head.headers, inputOf)))
        throw new Refusal("header-unsigned", "the signature of the request");
      checkMinimum(headers, signedHeaders, SIGNED_IN_ANSWERS);
      return contentClaimOf(headers);
    },
  };
}

/** Of the request, beside its signature: the signature alone would do, and these show what it is about. */
const BINDING: readonly string[] = ["@method", "@authority", "@path", "@query"];

/** The label of the request's signature; undefined where it has none that can be read, and the answer is for nobody. */
function labelOf(headers: HeaderLines, inputOf: InputReader): string | undefined {
  try {
    const { label } = inputOf(headers);
    readSignature(headers, label);
    return label;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

const signatureItem = (label: string | undefined): readonly Item[] =>
  label === undefined ? [] : [componentItem("signature", { req: true, key: label })];

const isBound = (components: readonly Component[], label: string | undefined): boolean =>
  components.some(
    ({ name, ofRequest, key }) =>
      name === "signature" && ofRequest && (key === undefined || key === label),
  );
