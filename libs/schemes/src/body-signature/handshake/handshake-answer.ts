import { ConfigurationError, type ContactAnswer, type HeaderEntry } from "@lacre/core/scheme";
import type { Place } from "./handshake-place.js";

/** How a first contact is answered: 200 without content, unless it says more. */
export interface AnswerOptions {
  readonly status?: 200 | 204;
  /** Plain text, such as `{query:hub.challenge}`. */
  readonly text?: string;
  /** JSON: an object of texts. */
  readonly json?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The texts of one contact by the keys of their places, and the MAC where one is asked for. */
export type Values = (key: string) => string;

/** An answer with gaps. */
export interface AnswerTemplate {
  /** The place whose text is MACed for the answer. */
  readonly macs: string | undefined;
  of(values: Values, mac: string): ContactAnswer;
}

const GAP = /\{((?:mac:)?(?:query|header|form|field):[^{}]{1,128})\}/;
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
/** What the answer is framed by, and how it is read. */
const RESERVED =
  /^(?:content-.*|transfer-encoding|connection|trailer|upgrade|te|keep-alive|set-cookie.*|location|refresh|link|access-control-.*|cache-control|x-content-type-options|www-authenticate)$/i;
const LITERAL = /^[\x20-\x7e]{0,256}$/;

/** @throws ConfigurationError */
export function readAnswer(
  given: AnswerOptions | undefined,
  places: readonly Place[],
  at: string,
): AnswerTemplate {
  const { status = 200, text, json, headers = {}, ...others } = given ?? {};
  const refuse = (problem: string): ConfigurationError =>
    new ConfigurationError(at, problem, 'Give { text: "{query:challenge}" }, for example.');
  if (Object.keys(others).length > 0)
    throw refuse("takes status, text, json and headers, and nothing else.");
  if (status !== 200 && status !== 204) throw refuse("must have the status 200 or 204.");
  if (text !== undefined && json !== undefined) throw refuse("must be text or JSON, not both.");
  if (status === 204 && (text ?? json) !== undefined) throw refuse("of status 204 has no content.");
  const macs = new Set<string>();
  const gapped = (template: unknown): Gapped => readGapped(template, places, macs, refuse);
  const body = text === undefined ? undefined : gapped(text);
  const members = Object.entries(json ?? {}).map(([name, each]) => [name, gapped(each)] as const);
  const lines = Object.entries(headers).map(([name, each]) => {
    if (!HEADER_NAME.test(name) || RESERVED.test(name))
      throw refuse(`cannot set the header ${HEADER_NAME.test(name) ? name : "of that name"}.`);
    return [name, gapped(each)] as const;
  });
  if (macs.size > 1) throw refuse("can hold the MAC of one place.");
  return {
    macs: [...macs][0],
    of(values, mac) {
      const filled = (parts: Gapped): string => fill(parts, values, mac);
      const set: HeaderEntry[] = lines.map(([name, parts]) => [name, filled(parts)]);
      const answer = { status, headers: set } as const;
      if (body !== undefined)
        return { ...answer, content: { type: "text/plain", text: filled(body) } };
      if (json === undefined) return answer;
      const written = Object.fromEntries(members.map(([name, parts]) => [name, filled(parts)]));
      return { ...answer, content: { type: "application/json", text: JSON.stringify(written) } };
    },
  };
}

/** Literal, key, literal, … */
type Gapped = readonly string[];

function readGapped(
  template: unknown,
  places: readonly Place[],
  macs: Set<string>,
  refuse: (problem: string) => ConfigurationError,
): Gapped {
  if (typeof template !== "string") throw refuse("must be made of texts.");
  const parts = template.split(GAP);
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 0) {
      if (!LITERAL.test(part) || /[{}<>]/.test(part))
        throw refuse("has a text that is too long, or has braces or angle brackets.");
      continue;
    }
    const isMac = part.startsWith("mac:");
    const key = isMac ? part.slice(4) : part;
    const place = places.find((each) => each.key === key);
    if (place?.kind !== "open")
      throw refuse(`uses {${part}}, which is no open place of the contact.`);
    if (isMac && !place.isWord)
      throw refuse(`cannot sign {${key}}: only a {token} or {digits} can be told from a message.`);
    if (isMac) macs.add(key);
  }
  return parts;
}

const fill = (parts: Gapped, values: Values, mac: string): string =>
  parts
    .map((part, i) => (i % 2 === 0 ? part : part.startsWith("mac:") ? mac : values(part)))
    .join("");
