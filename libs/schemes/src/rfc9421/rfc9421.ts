import { hash } from "node:crypto";
import {
  checkMinimum,
  type Claims,
  formatContentDigest,
  type HeaderEntry,
  type HeaderLines,
  isSafe,
  type Moment,
  queryOf,
  Refusal,
  type RequestDraft,
  type Scheme,
  type Secret,
  serialiseDictionary,
  type SignableRequest,
  type Signatory,
  SIGNED_WHEN_PRESENT,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import {
  checkComponents,
  isForbidden,
  readComponents,
  REQUEST_PARTS,
  signatureBase,
  wholeFieldsOf,
  type Component,
} from "./components.js";
import { contentClaimOf, contentUseOf } from "./digest.js";
import { Message } from "./message.js";
import { readRules, type Rfc9421Options, type Rules } from "./options.js";
import { responsesUnder } from "./response.js";
import {
  ALGORITHM,
  componentItem,
  DEFAULT_LABEL,
  readSignature,
  readSignatureInput,
  writeInput,
  type SignatureInput,
} from "./signature-input.js";

export type { Rfc9421Options } from "./options.js";

/**
 * HTTP Message Signatures (RFC 9421) with hmac-sha256, and Content-Digest (RFC 9530). What must be covered is the
 * server's rule, never the sender's choice. Where a signature has no nonce, it is itself what is used once.
 * @see https://www.rfc-editor.org/rfc/rfc9421
 */
export function rfc9421(options: Rfc9421Options = {}): Scheme {
  const rules = readRules(options);
  const { label = DEFAULT_LABEL, tag, fields } = rules;

  /** The signature of a request: its parameters and what it covers. */
  const read = (headers: HeaderLines): readonly [SignatureInput, readonly Component[]] => {
    const input = readSignatureInput(headers, rules);
    return [input, readComponents(input.components, "request")];
  };

  return {
    name: rules.name,
    challenges: [], // RFC 9421 has no word for WWW-Authenticate
    refusalHeaders: refusalHeadersUnder(rules),
    keyEncodings: ["lk1", "base64", "hex", "text"],
    keyAlgorithms: ["sha256"],
    weaknesses: options.acknowledgeWeakness === true ? [] : weaknessesUnder(rules),

    recognises: ({ headers }) => headers.has("signature-input"),

    takesSeveralMacs: true, // RFC 9421 section 4.3
    contentUse: ({ headers }) => contentUseOf(headers),

    parse(request) {
      const [input, components] = request.headers.readOnce(read);
      const mac = readSignature(request.headers, input.label);
      return {
        ...claimsOf(request, input, components, rules),
        nonce: input.nonce ?? hash("sha256", mac), // not itself: a principal is shown around, and a MAC is not
        repeatable:
          input.nonce === undefined && isSafe(request.method) && components.some(isMethod),
        mac,
      };
    },

    canonicalise(request) {
      const [{ text }, components] = request.headers.readOnce(read);
      return signatureBase(components, text, new Message(request), fields);
    },

    mac(secret: Secret, _claims: Claims, base: string) {
      return secret.mac("sha256", base, "base64");
    },

    draft(
      request: UnsignedRequest,
      { appId }: Signatory,
      { timestampSeconds, nonce }: Moment,
    ): RequestDraft {
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
      const [input, components] = covered.headers.readOnce(read);
      const claims = { ...claimsOf(covered, input, components, rules), nonce, mac: "" };
      return {
        claims,
        canonicalRequest: this.canonicalise(covered, claims),
        headersWith: (mac) => [
          ...(digest === undefined ? [] : [["content-digest", digest] as const]),
          ["signature-input", signatureInput],
          ["signature", `${label}=:${mac}:`],
        ],
      };
    },

    responses: responsesUnder(rules),
  };
}

const isMethod = ({ name }: Component): boolean => name === "@method";

const OWN_FIELDS: readonly string[] = ["signature", "signature-input"];

/**
 * Holds what a signature covers against the server's rule.
 * @throws Refusal
 */
function claimsOf(
  request: SignableRequest,
  { appId, createdSeconds, expiresSeconds }: SignatureInput,
  components: readonly Component[],
  { name, components: required, fields }: Rules,
): Omit<Claims, "mac" | "nonce"> {
  checkComponents(components, new Message(request), fields);
  const signedHeaders = wholeFieldsOf(components);
  checkMinimum(request.headers, signedHeaders, SIGNED_WHEN_PRESENT);
  const derived = components.filter(({ isField }) => !isField).map(({ name }) => name);
  const covered = new Set([...partsOf(derived), ...signedHeaders]);
  const open = partsOf(required).find((part) => !covered.has(part));
  if (open !== undefined) throw new Refusal("header-unsigned", open);
  // To @query, no query and an empty one are the same; not to what sees the target.
  if (queryOf(request.target) === "" && !derived.some((name) => WHOLE_TARGET.includes(name)))
    throw new Refusal("target-malformed", "has a second spelling under the same signature");
  return {
    scheme: name,
    appId,
    algorithm: "sha256",
    timestampSeconds: createdSeconds,
    ...(expiresSeconds !== undefined && { goodUntilSeconds: expiresSeconds }),
    signedHeaders,
    content: contentClaimOf(request.headers),
  };
}

const WHOLE_TARGET: readonly string[] = ["@request-target", "@target-uri"];

/** What components cover, piece by piece; a field is a piece of its own. */
const partsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => REQUEST_PARTS.get(name) ?? [name]);

/** RFC 9421 §5.1 and RFC 9530 §4: what a signature should cover, and which digests are taken. */
function refusalHeadersUnder({ components, label, tag }: Rules): readonly HeaderEntry[] {
  const names = new Set([...components, "content-digest"]);
  const wanted = writeInput(
    Array.from(names, (name) => componentItem(name)),
    { created: true, alg: ALGORITHM, tag },
  );
  return [
    ["Accept-Signature", serialiseDictionary(new Map([[label ?? DEFAULT_LABEL, wanted]]))],
    ["Want-Content-Digest", "sha-256=10, sha-512=3"],
  ];
}

const OPEN_PARTS: readonly (readonly [part: string, weakness: string])[] = [
  [
    "@method",
    "The method need not be signed: whoever holds a request back can send it as another method.",
  ],
  ["@authority", "The host need not be signed: a request for another server of the app is taken."],
  ["@path", "The path need not be signed: a request can be sent to another path."],
  ["@query", "The query need not be signed: anyone on the way can change it."],
];

function weaknessesUnder({ components }: Rules): readonly string[] {
  const parts = partsOf(components);
  return OPEN_PARTS.flatMap(([part, weakness]) => (parts.includes(part) ? [] : [weakness]));
}
