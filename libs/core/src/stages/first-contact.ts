import { after, isPromise, type Maybe } from "../after.js";
import type { App } from "../apps/apps.js";
import { Refusal } from "../errors.js";
import { type Content, type Permitted } from "../flow.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { KeyStore } from "../ports/key-store.js";
import type { ContactAnswer, ContactReading, FirstContact } from "../scheme/first-contact.js";
import { formOf, type Scheme } from "../scheme/scheme.js";
import { within } from "../stores/within.js";
import { findApp } from "./resolve-key.js";

/** A first contact, and how it is to be answered. */
export interface Greeting {
  readonly scheme: string;
  /** The name of the contact. */
  readonly contact: string;
  /** Whether its MAC was right. */
  readonly proven: boolean;
  /** What a stranger wrote, unless it is proven. */
  readonly appId: string;
  readonly answer: ContactAnswer;
}

/** What a request may be, by its head. */
export interface Candidate {
  readonly scheme: Scheme;
  readonly contact: FirstContact;
}

/**
 * The first contacts that a request may be. One that carries credentials can be a signed one of their scheme alone, and
 * an unsigned one carries none of any scheme that counts.
 * @param names of the schemes that the route takes. All unless given: then each counts for itself
 */
export function candidatesFor(
  head: SignableRequest,
  schemes: readonly Scheme[],
  names?: readonly string[],
): readonly Candidate[] {
  const found: Candidate[] = [];
  let hasCredentials = false;
  for (const scheme of schemes) {
    if (names !== undefined && !names.includes(scheme.name)) continue;
    const isSigned = formOf(scheme, head) !== undefined;
    hasCredentials ||= isSigned && names !== undefined;
    for (const contact of scheme.firstContacts ?? [])
      if (contact.isSigned === isSigned && contact.mayBe(head)) found.push({ scheme, contact });
  }
  return hasCredentials ? found.filter(({ contact }) => contact.isSigned) : found;
}

/** What was found out of a contact by its shape. */
export interface Met extends Candidate {
  readonly reading: ContactReading;
}

/**
 * The one of these that a request is, by its head and its content; undefined where it is something else.
 * @throws Refusal of the first that it would be, but for the words that are configured
 */
export function readContact(
  head: SignableRequest,
  content: Content,
  candidates: readonly Candidate[],
): Maybe<Met | undefined> {
  const most = Math.max(...candidates.map(({ contact }) => contact.maxBytes));
  return after(settled(content, most), (isThere) => {
    if (!isThere) return undefined;
    const text = Buffer.from(content.bytes()).toString("latin1");
    let almost: Refusal | undefined;
    for (const { scheme, contact } of candidates) {
      if (text.length > contact.maxBytes) continue;
      try {
        const reading = contact.read(head, text);
        if (reading !== undefined) return { scheme, contact, reading };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        almost ??= error;
      }
    }
    if (almost !== undefined) throw almost;
    return undefined;
  });
}

/** Whether all content is there, and no more than a contact may have. */
function settled(content: Content, most: number): Maybe<boolean> {
  const isOther = (error: unknown): false => {
    if (error instanceof Refusal && error.code === "content-too-large") return false;
    throw error;
  };
  try {
    const count = content.settle(most);
    return typeof count === "number" ? true : count.then(() => true, isOther);
  } catch (error) {
    return isOther(error);
  }
}

/** Greets whoever has proven to be the sender. */
export function greetProven({ contact, reading }: Met, permitted: Permitted): Maybe<Greeting> {
  const { scheme, claims, key } = permitted;
  const { toMac } = reading;
  const mac = toMac === undefined ? "" : key.secret.macBy(toMac.recipe, toMac.text);
  return after(answerOf(reading, mac), (answer) => {
    if (answer === undefined) throw unexpected(scheme, contact, claims.appId);
    return {
      scheme: scheme.name,
      contact: contact.name,
      proven: true,
      appId: claims.appId,
      answer,
    };
  });
}

/**
 * Greets a stranger that has the right shape. Its app need not be there yet: that may be what the contact is for. One
 * that is there says from where it may send.
 */
export function greetStranger(
  { scheme, contact, reading }: Met,
  head: SignableRequest,
  keys: KeyStore,
  nowMs: number,
): Maybe<Greeting> {
  const { appId, toMac } = reading;
  return after(findApp(appId, scheme.name, keys), (found: App | undefined | null) => {
    const networks = found?.networks;
    if (networks !== undefined && !networks.has(head.sender?.address))
      throw unexpected(scheme, contact, appId, "it comes from outside the networks of its app");
    const mac = toMac === undefined ? "" : macFor(found ?? undefined, scheme, toMac, nowMs);
    if (mac === undefined) throw unexpected(scheme, contact, appId, "its app has no live key");
    return after(answerOf(reading, mac), (answer) => {
      if (answer === undefined) throw unexpected(scheme, contact, appId);
      return { scheme: scheme.name, contact: contact.name, proven: false, appId, answer };
    });
  });
}

function macFor(
  app: App | undefined,
  { name }: Scheme,
  { recipe, text }: NonNullable<ContactReading["toMac"]>,
  nowMs: number,
): string | undefined {
  return app?.keysFor(name, recipe.algorithm, nowMs)[0]?.secret.macBy(recipe, text);
}

/** A sender waits no longer, and what the application never answers must end. */
const ANSWERED_WITHIN_MS = 5_000;

function answerOf(reading: ContactReading, mac: string): Maybe<ContactAnswer | undefined> {
  const answer = reading.answer(mac);
  return isPromise(answer) ? within(ANSWERED_WITHIN_MS, answer) : answer;
}

/** It is told what everybody without credentials is told. */
function unexpected(
  { name: scheme }: Scheme,
  { name }: FirstContact,
  appId: string,
  why = "the application does not expect one now",
): Refusal {
  const note = `the first contact "${name}" of ${scheme}: ${why}`;
  return new Refusal("credentials-missing", undefined, { scheme, appId, note });
}
