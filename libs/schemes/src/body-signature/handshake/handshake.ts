import {
  ConfigurationError,
  custom,
  type FirstContact,
  flag,
  oneOf,
  type OptionsOf,
  readOptions,
  Refusal,
  text,
} from "@lacre/core/scheme";
import { type AnswerOptions, type AnswerTemplate, readAnswer } from "./handshake-answer.js";
import { contactOf, type HandshakeFormat, type Keep } from "./handshake-contact.js";
import { isToken, type Place, readShape, type Shape } from "./handshake-place.js";

/*
 * First contacts as data: which requests they are, and how they are answered.
 */

/** @throws ConfigurationError */
export function readKeep(given: Keep, at: string): Keep {
  if (typeof given === "function") return given;
  throw new ConfigurationError(at, "must be a function.", "Give async (found) => true.");
}

const shape = (given: Shape): Shape => given;
const EXAMPLE = '{ challenge: "{token}" }';

const OPTIONS = {
  /** What log and observers call it. */
  name: text({
    pattern: /^[A-Za-z0-9][\w .:-]{0,63}$/,
    as: "a name of 1 to 64 letters, digits, blanks and . : _ -",
    example: "challenge",
    required: true,
  }),
  /** Whether it carries the signature of the format, which then must be right. Otherwise it carries none. */
  signed: flag({ required: true }),
  /** POST unless given. A HEAD needs no shape: it asks for nothing but the status. */
  method: oneOf(["GET", "HEAD", "POST"], { default: "POST" }),
  /**
   * What stands in the query. Of one that is not signed: this, and nothing else; where one of them is a text that must
   * stand there, also what the URL has of its own.
   */
  query: custom(shape, { example: EXAMPLE }),
  /** What stands in headers, each on one line. */
  headers: custom(shape, { example: '{ "x-challenge": "{token}" }' }),
  /** What stands in a form that is its content. Of one that is not signed: this, and nothing else. */
  form: custom(shape, { example: EXAMPLE }),
  /** What stands in the JSON that is its content, by paths: `payload.token`. Of one that is not signed: this, and nothing else. */
  fields: custom(shape, { example: EXAMPLE }),
  /** How it is answered: 200 without content unless given. */
  answer: custom((given: AnswerOptions) => given, { example: '{ text: "{query:challenge}" }' }),
  /** Keeps what it brings. Without it whatever has the shape is answered. */
  keep: custom(readKeep, { example: "async (found) => true" }),
};

/** A first contact of a sender. A place holds a text exactly, or `{digits}`, `{token}` (one word), `{line}`. */
export interface Handshake extends OptionsOf<typeof OPTIONS> {}

/** The first contacts of a format. */
export interface Handshakes {
  readonly contacts: readonly FirstContact[];
  /** What they weaken, a sentence each. */
  readonly weaknesses: readonly string[];
  /** Whether an answer holds a MAC, so that no message may have a text that could be one of those. */
  readonly signsTokens: boolean;
}

/** Where `handshake` stands among options. */
export const HANDSHAKE = custom(
  (given: Handshake | readonly Handshake[]): readonly Handshake[] => [given].flat() as Handshake[],
  { example: '{ name: "challenge", signed: true, fields: { challenge: "{token}" } }' },
);

/** @throws ConfigurationError */
export function readHandshakes(
  given: readonly Handshake[] | undefined,
  format: HandshakeFormat,
  at: string,
): Handshakes {
  const read = (given ?? []).map((each, i) =>
    readOne(each, format, (given ?? []).length === 1 ? at : `${at}[${i}]`),
  );
  const weaknesses = read.flatMap(({ contact, answer, keep }) => {
    if (contact.isSigned) return [];
    return [...(answer.macs === undefined ? [] : [SIGNS]), ...(keep === undefined ? [] : [KEEPS])];
  });
  return {
    contacts: read.map(({ contact }) => contact),
    weaknesses: [...new Set(weaknesses)],
    signsTokens: read.some(({ answer }) => answer.macs !== undefined),
  };
}

const SIGNS =
  "A first contact is answered with a MAC under the secret, of a word that whoever asks may choose: no other service may take that MAC for a message.";
const KEEPS =
  "Whoever knows the path can send a first contact, with a secret of their own: the application must expect one only while it registers a webhook.";

interface Read {
  readonly contact: FirstContact;
  readonly answer: AnswerTemplate;
  readonly keep: Keep | undefined;
}

function readOne(given: Handshake, format: HandshakeFormat, at: string): Read {
  const options = readOptions(OPTIONS, given, at);
  const { name, signed: isSigned, method, keep } = options;
  const places = [
    ...readShape("query", options.query, `${at}.query`),
    ...readShape("header", options.headers, `${at}.headers`),
    ...readShape("form", options.form, `${at}.form`),
    ...readShape("field", options.fields, `${at}.fields`),
  ];
  checkPlaces(places, method, at);
  const answer = readAnswer(options.answer, places, `${at}.answer`);
  const contact = contactOf({ name, isSigned, method, places, answer, keep, format });
  return { contact, answer, keep };
}

function checkPlaces(places: readonly Place[], method: string, at: string): void {
  const has = (where: string): boolean => places.some((place) => place.where === where);
  const fail = (problem: string, cure: string): never => {
    throw new ConfigurationError(at, problem, cure);
  };
  if (places.length === 0 && method !== "HEAD")
    fail("has no shape: every request would be one.", "Give its query, headers, form or fields.");
  if (has("form") && has("field"))
    fail("has content that is a form and JSON.", "Leave out form or fields.");
  if (method !== "POST" && (has("form") || has("field")))
    fail(`is a ${method} with content.`, 'Give method: "POST", or its query.');
}

/**
 * Refuses a message whose text is one word, where such words are signed for whoever asks: nobody may have a message signed
 * by asking.
 * @throws Refusal `content-mismatch`
 */
export function refuseToken(text: string): string {
  if (isToken(text))
    throw new Refusal("content-mismatch", "its text could be that of a first contact");
  return text;
}
