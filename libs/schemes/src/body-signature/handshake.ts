import {
  ConfigurationError,
  type ContactReading,
  custom,
  type FirstContact,
  flag,
  type MacAlgorithm,
  oneOf,
  type OptionsOf,
  pathOf,
  readOptions,
  Refusal,
  type SignableRequest,
  text,
} from "@lacre/core/scheme";
import { type AnswerOptions, type AnswerTemplate, readAnswer } from "./handshake-answer.js";
import { findAll, type Found } from "./handshake-found.js";
import { MAC_SPELLINGS, type MacEncoding } from "./mac-spelling.js";
import type { Sender } from "./sender.js";
import { isToken, type Place, readShape, type Shape } from "./handshake-place.js";

/*
 * First contacts as data: which requests they are, and how they are answered.
 */

/** A first contact, as `keep` is told of it. */
export interface KeptContact {
  readonly name: string;
  /** Of which app it claims to be. A stranger wrote it, where it is in the request and the contact is not signed. */
  readonly appId: string;
  /** Where it came to, without the query. */
  readonly path: string;
}

/**
 * Keeps what a first contact brings, such as the secret of the messages to come. It is awaited before the answer; what it
 * throws is 503.
 * @param found what stood in the open places, by their keys: `header:x-hook-secret`
 * @returns whether one was expected; where it was not, the answer is that to a stranger
 */
export type Keep = (
  found: Readonly<Record<string, string>>,
  contact: KeptContact,
) => boolean | Promise<boolean>;

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
  /** What stands in the query. Of one that is not signed: this, and nothing else. */
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

/** What first contacts must know of their format. */
interface Format {
  readonly algorithm: MacAlgorithm;
  readonly encoding: MacEncoding;
  readonly sender: Sender;
}

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
  format: Format,
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

const MAX_BYTES = 8192;

interface Read {
  readonly contact: FirstContact;
  readonly answer: AnswerTemplate;
  readonly keep: Keep | undefined;
}

function readOne(given: Handshake, format: Format, at: string): Read {
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
  const shaped = { places, isSigned };
  const parts = { places, answer, keep, format };
  const contact: FirstContact = {
    name,
    isSigned,
    maxBytes: MAX_BYTES,
    mayBe: (head) => head.method === method && mayHold(head, shaped),
    read(head, content) {
      const found = readPlaces(head, content, shaped, name);
      const appId = found && appIdOf(head, format);
      if (found === undefined || appId === undefined) return undefined;
      return readingOf(found, { name, appId, path: pathOf(head.target) }, parts);
    },
  };
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

interface Shaped {
  readonly places: readonly Place[];
  readonly isSigned: boolean;
}

const FORM = /^application\/x-www-form-urlencoded(?: *;|$)/i;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?: *;|$)/i;

/** Whether a head has what a contact needs: the first names, the type and the length of its content. */
function mayHold({ target, headers }: SignableRequest, { places, isSigned }: Shaped): boolean {
  if (headers.has("content-encoding")) return false;
  if (Number(headers.only("content-length") ?? 0) > MAX_BYTES) return false;
  return places.every(({ where, name }) => {
    if (where === "header") return headers.has(name);
    if (where === "query") return target.includes("?");
    const type = headers.only("content-type") ?? "";
    return isSigned || (where === "form" ? FORM : JSON_TYPE).test(type);
  });
}

/**
 * What stands in the places of a contact; undefined where something is missing, or is of another kind, or stands beside
 * them where nothing is signed.
 * @throws Refusal `credentials-missing` where an unsigned one has all of it, and another text than the fixed one
 */
function readPlaces(
  head: SignableRequest,
  content: string,
  { places, isSigned }: Shaped,
  name: string,
): Found | undefined {
  const hasContent = places.some(({ where }) => where === "form" || where === "field");
  if (!isSigned && !hasContent && !EMPTY.test(content)) return undefined;
  const found = findAll(head, content, places);
  if (found === undefined) return undefined;
  if (!isSigned && found.size !== places.length) return undefined;
  const wrong = places.filter((place) => !place.takes(found.get(place.key)));
  if (wrong.length === 0) return found;
  const [first] = wrong;
  if (isSigned || wrong.some(({ kind, key }) => kind !== "fixed" || !found.has(key)))
    return undefined;
  throw new Refusal("credentials-missing", undefined, {
    note: `the request looks like the first contact "${name}", and its ${first?.where} ${first?.name} is not the text that is configured`,
  });
}

/** Nothing, or an object of nothing: what some send where they have nothing to say. */
const EMPTY = /^\s{0,8}(?:\{\s{0,8}\}\s{0,8})?$/;

/** Who a request says that it is from; undefined where it does not say it as the format has it. */
function appIdOf(head: SignableRequest, { sender }: Format): string | undefined {
  try {
    return sender.of(head);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

interface Parts {
  readonly places: readonly Place[];
  readonly answer: AnswerTemplate;
  readonly keep: Keep | undefined;
  readonly format: Format;
}

function readingOf(
  found: Found,
  contact: KeptContact,
  { places, answer, keep, format }: Parts,
): ContactReading {
  const values = (key: string): string => String(found.get(key));
  const { encoding, write } = MAC_SPELLINGS[format.encoding];
  const made = (mac: string) => answer.of(values, write(mac));
  const { macs } = answer;
  const recipe = { algorithm: format.algorithm, encoding };
  return {
    appId: contact.appId,
    ...(macs !== undefined && { toMac: { recipe, text: values(macs) } }),
    async answer(mac) {
      if (keep === undefined) return made(mac);
      const open = places
        .filter(({ kind }) => kind === "open")
        .map(({ key }) => [key, values(key)]);
      return (await keep(Object.fromEntries(open), contact)) === true ? made(mac) : undefined;
    },
  };
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
