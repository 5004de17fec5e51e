import {
  ConfigurationError,
  readOptions,
  type Redelivery,
  type SettingsOf,
} from "@lacre/core/scheme";
import { ContentFields } from "./content/content-fields.js";
import type { ContentPath } from "./content/content-path.js";
import { ContentTypes } from "./content/content-types.js";
import { type Handshakes, readHandshakes } from "./handshake/handshake.js";
import { type Rules, rulesOf } from "./template/one-reading.js";
import { type BodySignatureOptions, OPTIONS } from "./options.js";
import { redeliveryOf } from "./redelivery.js";
import { Sender } from "./sender.js";
import { SignatureField } from "./spelling/signature-field.js";

type Read = SettingsOf<typeof OPTIONS>;

/** The options, checked one by one and against each other. */
export interface Settings extends Read {
  readonly sender: Sender;
  readonly field: SignatureField;
  readonly handshakes: Handshakes;
  /** What messages must keep to, so that no two have the same text. */
  readonly rules: Rules;
  readonly isTimed: boolean;
  readonly redelivery: Redelivery | undefined;
  /** Where an id stands that is not signed; undefined where there is none, or it is. */
  readonly unsignedId: string | undefined;
  /** Whether the content is signed: itself, or by a digest. */
  readonly coversContent: boolean;
  readonly contentFields: ContentFields;
  /** Judges the Content-Type, where content is signed or read. */
  readonly types: ContentTypes;
  /** Whether something must be read of the content before anything else can be judged. */
  readonly readsContent: boolean;
}

/**
 * Reads the options.
 * @param at what messages call them
 * @throws ConfigurationError
 */
export function readSettings(options: BodySignatureOptions, at: string): Settings {
  const read = readOptions(OPTIONS, options, at);
  const { template, timestampFormat, idHeader, idField } = read;
  const sender = new Sender(read, at);
  checkPlaces(read, at);
  checkHeaders(read, at);
  const isTimed = placesOf(read.timestampHeader, read.timestampPrefix, read.timestampField) > 0;
  checkTemplate(read, isTimed, at);
  checkDigest(read, at);
  const hasId = idHeader !== undefined || idField !== undefined;
  if (read.onceBy === "id" && !hasId)
    throw new ConfigurationError(`${at}.onceBy`, "needs an id.", "Give its idHeader or idField.");
  const isIdSigned = template.has("id") || (idField !== undefined && template.has("body"));
  const isById = hasId && isIdSigned && read.onceBy !== "signature";
  return {
    ...read,
    redelivery: redeliveryOf(read, isById, at),
    sender,
    field: new SignatureField(read, at),
    handshakes: readHandshakes(read.handshake, { ...read, sender }, `${at}.handshake`),
    rules: rulesOf(template.parts, timestampFormat, `${at}.template`),
    isTimed,
    unsignedId: !hasId || isIdSigned ? undefined : (idHeader ?? idField?.name),
    coversContent: isContentSigned(read),
    contentFields: new ContentFields(fieldsOf(read), !isContentSigned(read)),
    types: typesOf(read, `${at}.contentTypes`),
    readsContent: readsContent(read),
  };
}

const placesOf = (...places: unknown[]): number =>
  places.filter((place) => place !== undefined).length;

const isContentSigned = ({ template, contentDigest }: Read): boolean =>
  template.has("body") || template.has("form") || contentDigest !== undefined;

/** What is read of the content. */
const fieldsOf = ({ template, ...read }: Read): readonly ContentPath[] =>
  [
    read.signatureField,
    read.timestampField,
    read.idField,
    ...template.fields.map(({ path }) => path),
  ].filter((path) => path !== undefined);

const readsFields = (read: Read): boolean => fieldsOf(read).length > 0;

const readsContent = (read: Read): boolean =>
  readsFields(read) ||
  read.template.has("form") ||
  (read.content === "inflated" && read.template.has("body"));

function typesOf(read: Read, at: string): ContentTypes {
  const { template, contentTypes: given, content } = read;
  const reads = template.has("form") ? "form" : readsFields(read) ? "fields" : undefined;
  const isSigned = template.has("header", "content-type");
  const [hasDigest, isWire] = [read.contentDigest !== undefined, content === "wire"];
  return new ContentTypes({ given, reads, isSigned, hasDigest, isWire }, at);
}

/** Signature, time and id stand in one place each. */
function checkPlaces(read: Read, at: string): void {
  const { signatureHeader, signatureField, timestampHeader, timestampPrefix, timestampField } =
    read;
  if (placesOf(signatureHeader, signatureField) !== 1)
    throw new ConfigurationError(
      `${at}.signatureHeader`,
      "or signatureField must say where the signature is, and one alone.",
      'Give signatureHeader: "x-acme-signature", for example.',
    );
  if (placesOf(timestampHeader, timestampPrefix, timestampField) > 1) {
    const name = timestampPrefix === undefined ? "timestampField" : "timestampPrefix";
    throw new ConfigurationError(
      `${at}.${name}`,
      `must be left out where ${timestampHeader === undefined ? "timestampPrefix" : "timestampHeader"} is given.`,
      "Say in one way where the time is.",
    );
  }
  if (placesOf(read.idHeader, read.idField) > 1)
    throw new ConfigurationError(
      `${at}.idField`,
      "must be left out where idHeader is given.",
      "Leave out one of the two.",
    );
  if (signatureHeader?.includes("authorization") === true && !/^[A-Za-z0-9-]+ $/.test(read.prefix))
    throw new ConfigurationError(
      `${at}.signatureHeader`,
      "is Authorization, which begins with the name of a scheme.",
      'Give it as the prefix, with its blank: "HMAC ".',
    );
}

function checkHeaders(read: Read, at: string): void {
  const given = [
    ...(read.signatureHeader ?? []),
    read.timestampHeader,
    read.idHeader,
    read.appIdHeader,
    ...read.template.headers,
    ...read.template.optionalHeaders,
  ].filter((header) => header !== undefined);
  const second = given.find((header, i) => given.indexOf(header) < i);
  if (second !== undefined)
    throw new ConfigurationError(
      `${at}.signatureHeader`,
      `and the other headers must have different names: ${second} is given twice.`,
      "Give each a name of its own; what is signed as {id} or {timestamp} needs no {header:…}.",
    );
}

/** What is read must be signed, and what is signed must be read. An id alone may be read and not signed. */
function checkTemplate({ template, ...read }: Read, isTimed: boolean, at: string): void {
  const fail = (problem: string, cure: string): never => {
    throw new ConfigurationError(`${at}.template`, problem, cure);
  };
  if (!isTimed && template.has("timestamp"))
    fail("uses {timestamp}, but nothing provides it.", "Give its timestampHeader.");
  if (isTimed && !template.has("timestamp") && !(read.timestampField && template.has("body")))
    fail("must use {timestamp}.", "Put {timestamp} into it.");
  if (template.has("id") && placesOf(read.idHeader, read.idField) === 0)
    fail("uses {id}, but nothing provides it.", "Give its idHeader.");
}

/** A digest that nobody signs stands for nothing. */
function checkDigest(read: Read, at: string): void {
  const { template, contentDigest } = read;
  if (contentDigest === undefined) return;
  if (readsFields(read))
    throw new ConfigurationError(
      `${at}.contentDigest`,
      "must be left out where something is read of the content.",
      "Leave it out, and sign {body}.",
    );
  const { header, query } = contentDigest;
  if (placesOf(header, query) !== 1)
    throw new ConfigurationError(
      `${at}.contentDigest`,
      "must have a header or a query, and not both.",
      'Give { query: "bodySHA256" }, for example.',
    );
  const isSigned =
    header === undefined
      ? template.has("url") || template.has("query") || template.has("parameter", query)
      : template.has("header", header);
  if (!isSigned)
    throw new ConfigurationError(
      `${at}.contentDigest`,
      "is not signed.",
      `Use ${header === undefined ? `{url} or {query:${query}}` : `{header:${header}}`} in the template.`,
    );
}
