import { type KeyLength, keyLengthOf, type Scheme, WEAK_KEYS } from "@lacre/core/scheme";
import { MessageForm } from "./message-form.js";
import { signedHeadersOf } from "./message-reader.js";
import { MAC_SPELLINGS } from "./spelling/mac-spelling.js";
import type { BodySignatureOptions } from "./options.js";
import { readSettings, type Settings } from "./settings.js";
import { TIME_SPELLINGS } from "./spelling/time-format.js";

export type { AnswerOptions } from "./handshake/handshake-answer.js";
export type { Handshake } from "./handshake/handshake.js";
export type { Keep, KeptContact } from "./handshake/handshake-contact.js";
export type { Shape } from "./handshake/handshake-place.js";
export type { BodySignatureOptions } from "./options.js";
export type { AppIdOf, SenderView } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/** What else a format of this package has that others cannot ask for. */
interface Custom {
  readonly keyLength?: KeyLength;
  readonly weaknesses?: readonly string[];
  /** Whether a memory store makes up for all of the future skew after its start. */
  readonly isStrict?: boolean;
}

/**
 * A format for webhooks, or of one's own: a MAC over the content, with a time and an id where it has them, and over what
 * else its template names. What the template does not name is not covered.
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
  const { redelivery, handshakes } = settings;
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
        ...(futureSkewSeconds !== undefined && {
          futureSkewSeconds,
          isTolerant: custom.isStrict !== true,
        }),
      },
    }),
    takesSeveralMacs: true,
    ...(redelivery !== undefined && { redelivery }),
    weaknesses: settings.acknowledgeWeakness
      ? []
      : [...(custom.weaknesses ?? []), ...weaknessesOf(settings), ...handshakes.weaknesses],
    explanations: explanationsFor(settings),
    traits: traitsOf(settings),
    header: new MessageForm(settings),
    ...(handshakes.contacts.length > 0 && { firstContacts: handshakes.contacts }),
  };
}

function traitsOf(settings: Settings): Scheme["traits"] {
  const { appId, template, readsContent, contentDigest } = settings;
  return {
    ...(appId !== undefined && { appId }),
    signedHeaders: [...signedHeadersOf(settings), ...template.optionalHeaders],
    isWhole: contentDigest === undefined && (readsContent || template.has("body")),
  };
}

function weaknessesOf(settings: Settings): readonly string[] {
  const { isTimed, unsignedId, onceBy, coversContent, template, rules } = settings;
  return [
    ...(isTimed ? [] : [NO_TIME]),
    ...(unsignedId !== undefined && onceBy !== "signature" ? [unsigned(unsignedId)] : []),
    ...(coversContent ? [] : [UNCOVERED]),
    ...(coversContent && settings.types.isUntold ? [ANY_TYPE] : []),
    ...(template.has("form") ? [FORM] : []),
    ...(template.fields.some(({ isLower }) => isLower) ? [SMALL] : []),
    ...(rules.confused === undefined ? [] : [confused(...rules.confused)]),
    ...(settings.repeatSafe && !template.has("method") ? [REPEATED] : []),
    ...(settings.weakKeys ? [WEAK_KEYS] : []),
  ];
}

const NO_TIME =
  "No time is signed: a message that was overheard can be sent again once it is no longer remembered.";

const UNCOVERED =
  "The content is not signed, but for the fields that the template names: whoever overhears a message can send it with another.";

const ANY_TYPE =
  "The Content-Type is not signed, and not held against the content: whoever overhears a message can have it read as another one.";

const FORM =
  "Names and values of the form are signed without anything between them: whoever overhears a message can move letters from one to the next.";

const SMALL =
  "A parameter is signed in small letters: whoever overhears a message can send it with others in capitals.";

const REPEATED =
  "GET and HEAD may be repeated, and the method is not signed: whoever overhears a request can send it again as GET until it is too old.";

const unsigned = (id: string): string =>
  `The id (${id}) is not signed: whoever overhears a message can send it again under another, until it is too old.`;

const confused = (left: string, right: string): string =>
  `What is signed does not tell where ${left} ends and ${right} begins: whoever overhears a message can move letters from one to the other.`;

function explanationsFor(settings: Settings): Scheme["explanations"] {
  const { signatureHeader, signatureField, algorithm, encoding, timestampFormat } = settings;
  const place = signatureHeader?.join(" or ") ?? `${signatureField?.name} in the content`;
  return {
    "credentials-missing": `There is no ${place}. Check that the sender signs, and that no proxy takes the header off.`,
    "credentials-malformed": `${place} does not hold a signature with the prefix of this format, or not in its list form; or the content cannot be read as this format reads it. Compare it with the sender's documents.`,
    "timestamp-malformed": `The time must be ${TIME_SPELLINGS[timestampFormat].words}.`,
    "nonce-malformed":
      "The id must be 1 to 128 printable characters without a space, and none of the characters that stand behind it in what is signed.",
    "signature-malformed": `The signature is not ${MAC_SPELLINGS[encoding].words} of the length of ${algorithm}.`,
    "header-unsigned":
      "The Content-Type is not signed: it must be of a kind that the format takes (contentTypes), agree with what the content looks like, and have no charset but UTF-8. JSON is application/json; contentTypes names any other type of it. A Content-Encoding must be what the content was made with.",
    "content-undigested":
      "The signature is over the content itself, which a streamed route does not have in time. Take the format on a route that buffers.",
    ...(settings.handshakes.signsTokens && {
      "content-mismatch":
        "What is signed is one word, and words are signed for whoever sends a first contact: it is no message.",
    }),
    "nonce-seen":
      "The message was taken before: the same id, or the same signed content where no id counts.",
  };
}
