import { type KeyLength, keyLengthOf, type Scheme, WEAK_KEYS } from "@lacre/core/scheme";
import { headerForm } from "./header.js";
import { type BodySignatureOptions, readSettings, type Settings } from "./options.js";

export type { BodySignatureOptions } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/** What else a format of this package has that others cannot ask for. */
interface Custom {
  readonly keyLength?: KeyLength;
  readonly weaknesses?: readonly string[];
}

/**
 * A format for webhooks, or of one's own: a MAC over the content, with a time and an id where it has them. Method,
 * target, host and other headers are not covered.
 * @throws ConfigurationError
 */
export function bodySignature(options: BodySignatureOptions): Scheme {
  return bodySignatureScheme(options, "bodySignature");
}

/** @param at what messages call the options */
export function bodySignatureScheme(
  options: BodySignatureOptions,
  at: string,
  custom: Custom = {},
): Scheme {
  const settings = readSettings(options, at);
  const { name, maxAge: maxAgeSeconds, futureSkew: futureSkewSeconds } = settings;
  const hasWindow = maxAgeSeconds !== undefined || futureSkewSeconds !== undefined;
  return {
    name,
    challenges: [],
    keyEncodings: settings.keyEncodings,
    keyAlgorithms: [settings.algorithm],
    keyLength: custom.keyLength ?? keyLengthOf(settings, at),
    ...(hasWindow && {
      window: {
        ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
        ...(futureSkewSeconds !== undefined && { futureSkewSeconds }),
      },
    }),
    takesSeveralMacs: true,
    weaknesses: settings.acknowledgeWeakness
      ? []
      : [...(custom.weaknesses ?? []), ...weaknessesOf(settings)],
    explanations: explanationsFor(settings),
    header: headerForm(settings),
  };
}

const weaknessesOf = ({ isTimed, repeatSafe, weakKeys }: Settings): readonly string[] => [
  ...(isTimed ? [] : [NO_TIME]),
  ...(repeatSafe ? [REPEATED] : []),
  ...(weakKeys ? [WEAK_KEYS] : []),
];

const NO_TIME =
  "No time is signed: a message that was overheard can be sent again once it is no longer remembered.";

const REPEATED =
  "GET and HEAD may be repeated, and the method is not signed: whoever overhears a request can send it again as GET until it is too old.";

function explanationsFor({
  signatureHeader,
  algorithm,
  encoding,
}: Settings): Scheme["explanations"] {
  return {
    "credentials-missing": `There is no ${signatureHeader} header. Check that the sender signs, and that no proxy takes the header off.`,
    "credentials-malformed": `${signatureHeader} does not hold a signature with the prefix of this format, or not in its list form. Compare it with the sender's documents.`,
    "timestamp-malformed": "The time must be ten digits of Unix seconds.",
    "nonce-malformed":
      "The id must be 1 to 128 printable characters without a space, and none of the characters that stand behind it in what is signed.",
    "signature-malformed": `The signature is not ${encoding === "hex" ? "lower-case hexadecimal" : "strict base64"} of the length of ${algorithm}.`,
    "content-undigested":
      "The signature is over the content itself, which a streamed route does not have in time. Take the format on a route that buffers.",
    "nonce-seen":
      "The message was taken before: the same id, or the same signed content where no id counts.",
  };
}
