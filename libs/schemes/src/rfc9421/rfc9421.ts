import {
  type HeaderEntry,
  readOptions,
  type Scheme,
  serialiseDictionary,
} from "@lacre/core/scheme";
import { partsOf } from "./components.js";
import { headerForm } from "./header.js";
import { OPTIONS, type Rfc9421Options, type Rules } from "./options.js";
import { responsesUnder } from "./response.js";
import {
  ALGORITHM,
  componentItem,
  DEFAULT_LABEL,
  inputReader,
  writeInput,
} from "./signature-input.js";

export type { Rfc9421Options } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * HTTP Message Signatures (RFC 9421) with hmac-sha256, and Content-Digest (RFC 9530). What must be covered is the
 * server's rule, never the sender's choice. Where a signature has no nonce, it is itself what is used once.
 * @throws ConfigurationError
 * @see https://www.rfc-editor.org/rfc/rfc9421
 */
export function rfc9421(options?: Rfc9421Options): Scheme {
  const rules = readOptions(OPTIONS, options, "rfc9421");
  const inputOf = inputReader(rules);
  return {
    name: rules.name,
    challenges: [], // RFC 9421 has no word for WWW-Authenticate
    refusalHeaders: refusalHeadersUnder(rules),
    keyEncodings: ["lk1", "base64", "hex", "text"],
    keyAlgorithms: ["sha256"],
    takesSeveralMacs: true, // RFC 9421 section 4.3
    weaknesses: rules.acknowledgeWeakness ? [] : weaknessesUnder(rules),
    explanations,
    header: headerForm(rules, inputOf),
    responses: responsesUnder(rules, inputOf),
  };
}

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

const explanations: Scheme["explanations"] = {
  "credentials-missing":
    "There is no Signature-Input, or none of its signatures is for this server. Sign the request, and compare label, keyid and alg with what the server asks for.",
  "credentials-repeated":
    "There are several signatures that may be for this server, or credentials of another kind beside them. Send one, or tell the server its label or tag.",
  "credentials-malformed":
    "Signature-Input and Signature do not follow RFC 9421, or a parameter is missing or wrong: created is required, keyid unless the server knows who signs, alg is hmac-sha256.",
  "timestamp-malformed":
    "created and expires are ten digits of Unix seconds, and expires does not come before created.",
  "nonce-malformed": "nonce must be 1 to 128 printable characters without a space.",
  "signed-headers-malformed":
    "A covered component is unknown, listed twice, or has a parameter that is not its own; or there are more than 32.",
  "signature-malformed":
    "The signature is not strict base64 of 32 bytes under the label of its Signature-Input.",
  "scope-wrong": "No signature has the tag that the server asks for.",
  "target-malformed":
    'The target is not printable ASCII that begins with "/", at most 8192 bytes; or it ends with an empty query, which @query does not tell from none; or it has more than 1000 parameters.',
  "header-missing":
    "A component that is covered did not arrive. Check what a proxy or a library takes off.",
  "header-malformed":
    "A covered component holds something else than printable ASCII, or is not of the type that its parameters or the server say.",
  "header-unsigned":
    "A component that must be covered is not in the list. Accept-Signature of the refusal says which are asked for.",
  "digest-malformed": "Content-Digest has no sound sha-512 or sha-256 value.",
  "nonce-seen":
    "The request was made before: its nonce was used, or its signature where it has no nonce. Sign each attempt anew.",
};
