import {
  type ContactReading,
  type FirstContact,
  type MacAlgorithm,
  pathOf,
  Refusal,
  type SignableRequest,
} from "@lacre/core/scheme";
import type { AnswerTemplate } from "./handshake-answer.js";
import { findAll, type Found } from "./handshake-found.js";
import type { Place } from "./handshake-place.js";
import { MAC_SPELLINGS, type MacEncoding } from "../spelling/mac-spelling.js";
import type { Sender } from "../sender.js";

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

/** What first contacts must know of their format. */
export interface HandshakeFormat {
  readonly algorithm: MacAlgorithm;
  readonly encoding: MacEncoding;
  readonly sender: Sender;
}

/** What a first contact is, once its options are read. */
export interface ContactParts {
  readonly name: string;
  readonly isSigned: boolean;
  readonly method: string;
  readonly places: readonly Place[];
  readonly answer: AnswerTemplate;
  readonly keep: Keep | undefined;
  readonly format: HandshakeFormat;
}

const MAX_BYTES = 8192;

/** Makes a first contact of its parts. */
export function contactOf(parts: ContactParts): FirstContact {
  const { name, isSigned, method, format } = parts;
  return {
    name,
    isSigned,
    maxBytes: MAX_BYTES,
    mayBe: (head) => head.method === method && mayHold(head, parts),
    read(head, content) {
      const found = readPlaces(head, content, parts);
      const appId = found && appIdOf(head, format);
      if (found === undefined || appId === undefined) return undefined;
      return readingOf(found, { name, appId, path: pathOf(head.target) }, parts);
    },
  };
}

/** As frameworks parse it: another charset would be other text to them. */
const CHARSET = String.raw`(?:[ \t]*;[ \t]*charset=(?:utf-?8|"utf-?8"))?$`;
const FORM = new RegExp(`^application/x-www-form-urlencoded${CHARSET}`, "i");
const JSON_TYPE = new RegExp(String.raw`^application/(?:[\w.-]+\+)?json${CHARSET}`, "i");

/** Whether a head has what a contact needs: the first names, the type and the length of its content. */
function mayHold(
  { target, headers }: SignableRequest,
  { places, isSigned }: ContactParts,
): boolean {
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
 * What stands in the places of a contact; undefined where something is missing, or is of another kind, or what may not
 * be there stands beside them where nothing is signed.
 * @throws Refusal `credentials-missing` where an unsigned one has all of it, and another text than the fixed one
 */
function readPlaces(
  head: SignableRequest,
  content: string,
  { places, isSigned, name }: ContactParts,
): Found | undefined {
  const hasContent = places.some(({ where }) => where === "form" || where === "field");
  if (!isSigned && !hasContent && !EMPTY.test(content)) return undefined;
  const found = findAll(head, content, places);
  if (found === undefined) return undefined;
  const beside = isSigned ? [] : besides(found, places);
  if (!beside.every((key) => mayBeBeside(key, places))) return undefined;
  const wrong = places.filter((place) => !place.takes(found.get(place.key)));
  if (wrong.length === 0) return found;
  const [first] = wrong;
  if (isSigned || beside.length > 0) return undefined;
  if (wrong.some(({ kind, key }) => kind !== "fixed" || !found.has(key))) return undefined;
  throw new Refusal("credentials-missing", undefined, {
    note: `the request looks like the first contact "${name}", and its ${first?.where} ${first?.name} is not the text that is configured`,
  });
}

/** What is there and has no place. */
const besides = (found: Found, places: readonly Place[]): readonly string[] =>
  [...found.keys()].filter((key) => places.every((place) => place.key !== key));

/**
 * The query that the URL of a webhook has of its own comes with a contact, and is no part of the answer. Only where a text
 * that must be there tells the contact from what an application is asked for.
 */
const mayBeBeside = (key: string, places: readonly Place[]): boolean =>
  key.startsWith("query:") &&
  places.some(({ where, kind }) => where === "query" && kind === "fixed") &&
  !places.some((place) => key.startsWith(`${place.key}[`)); // to a framework, the same name once more

/** Nothing, or an object of nothing: what some send where they have nothing to say. */
const EMPTY = /^\s{0,8}(?:\{\s{0,8}\}\s{0,8})?$/;

/** Who a request says that it is from; undefined where it does not say it as the format has it. */
function appIdOf(head: SignableRequest, { sender }: HandshakeFormat): string | undefined {
  try {
    return sender.of(head);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function readingOf(
  found: Found,
  contact: KeptContact,
  { places, answer, keep, format }: ContactParts,
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
