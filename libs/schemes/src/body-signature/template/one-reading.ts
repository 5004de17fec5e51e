import { ConfigurationError } from "@lacre/core/scheme";
import { type Field, type FieldKind, SHAPES } from "./template-field.js";
import type { TimeFormat } from "../spelling/time-format.js";

/*
 * Whether a template has one reading: no two messages may have the same text, or who overhears one could send it as
 * another. One part at most has any length and any characters, mostly the content. What stands before it is read from the
 * front, what stands behind it from the back; so each value that has no length of its own must end at a mark: a character
 * at a known distance that it cannot hold, or may be refused for.
 */

/** A literal, or a name. */
export type Part = string | Field;

/** What the messages of a template must keep to, so that each text has one reading. */
export interface Rules {
  /** By name, as it is written: the characters for which a value is refused. */
  readonly refused: ReadonlyMap<string, string>;
  /** Content must be empty, or begin with one of BEGINNINGS. */
  readonly marksStart: boolean;
  /** Content must be empty, or end with one of ENDINGS. */
  readonly marksEnd: boolean;
  /** Two places that are not told apart by any rule, where that must be acknowledged. */
  readonly confused: readonly [string, string] | undefined;
}

/** With what content begins that no URL and no id holds. */
export const BEGINNINGS = '{["< \t\r\n';
/** The same of its end. */
export const ENDINGS = '}]"> \t\r\n';

const isField = (part: Part | undefined): part is Field => typeof part === "object";

/** Two places of a template that are not told apart. */
interface Clash {
  readonly left: string;
  readonly right: string;
}

/**
 * Finds the rules under which a template has one reading.
 * @throws ConfigurationError, with the two places, where there are none
 */
export function rulesOf(parts: readonly Part[], time: TimeFormat, at: string): Rules {
  const open = parts.flatMap((part, i) => (isField(part) && part.isOpen ? [i] : []));
  const [first, second] = open;
  if (first !== undefined && second !== undefined)
    throw clash({ left: nameOf(parts[first]), right: nameOf(parts[second]) }, at);
  const free = parts.flatMap((part, i) => (isField(part) && part.kind in SHAPES ? [i] : []));
  const pivot = first ?? free.at(-1);
  if (pivot === undefined) return NO_RULES;
  const found = timeClash(parts, pivot, time) ?? rulesAround(parts, pivot, time);
  if ("left" in found) throw clash(found, at);
  return found;
}

const NO_RULES: Rules = {
  refused: new Map(),
  marksStart: false,
  marksEnd: false,
  confused: undefined,
};

/** A time of two lengths ends where no digit is. */
function timeClash(parts: readonly Part[], pivot: number, time: TimeFormat): Clash | undefined {
  const at = parts.findIndex((part) => isField(part) && part.kind === "timestamp");
  if (time !== "unix" || at === -1) return undefined;
  const isBefore = at < pivot;
  const beside = parts[isBefore ? at + 1 : at - 1];
  const ends = isField(beside) ? "0" : ((isBefore ? beside?.[0] : beside?.at(-1)) ?? "0");
  if (!/\d/.test(ends)) return undefined;
  const [written, other] = [nameOf(parts[at]), nameOf(beside)];
  return isBefore ? { left: written, right: other } : { left: other, right: written };
}

function rulesAround(parts: readonly Part[], pivot: number, time: TimeFormat): Rules | Clash {
  const refused = new Map<string, string>();
  let [marksStart, marksEnd] = [false, false];
  let confused: Rules["confused"];
  for (const [i, part] of parts.entries()) {
    if (i === pivot || !isField(part) || !(part.kind in SHAPES)) continue;
    const isBefore = i < pivot;
    const way = isBefore ? parts.slice(i + 1) : parts.slice(0, i).toReversed();
    const mark = markOn(way, part, isBefore, time);
    if (mark.kind === "none") {
      const other = mark.part === undefined ? "the end" : nameOf(mark.part);
      const places = isBefore ? ([part.written, other] as const) : ([other, part.written] as const);
      // The format of senders that sign a form so: who must know, knows.
      if (!isField(mark.part) || mark.part.kind !== "form" || !ADDRESS.includes(part.kind))
        return { left: places[0], right: places[1] };
      confused = places;
    } else if (mark.kind === "content") {
      refused.set(part.written, isBefore ? BEGINNINGS : ENDINGS);
      if (isBefore) marksStart = true;
      else marksEnd = true;
    } else if (mark.refused !== "") refused.set(part.written, mark.refused);
  }
  return { refused, marksStart, marksEnd, confused };
}

const ADDRESS: readonly FieldKind[] = ["url", "path", "query"];

type Mark =
  | { readonly kind: "character"; readonly refused: string }
  | { readonly kind: "content" }
  | { readonly kind: "none"; readonly part: Part | undefined };

/** Where a value ends: the first thing on its way to the open part that tells. */
function markOn(way: readonly Part[], { kind }: Field, isBefore: boolean, time: TimeFormat): Mark {
  const { holds, spares } = SHAPES[kind] as NonNullable<(typeof SHAPES)[FieldKind]>;
  /** A character that begins, or ends, what comes next. */
  const told = (character: string): Mark | undefined => {
    if (!holds(character)) return { kind: "character", refused: "" };
    return spares(character) ? { kind: "character", refused: character } : undefined;
  };
  for (const part of way) {
    if (!isField(part)) {
      for (const character of isBefore ? part : [...part].toReversed()) {
        const mark = told(character);
        if (mark !== undefined) return mark;
      }
      continue; // as long as it is
    }
    if (part.kind === "timestamp") {
      if (!holds("0")) return { kind: "character", refused: "" };
      if (time === "seconds" || time === "milliseconds") continue; // always as long
      // Thirteen characters before its first colon; from the back, nothing tells where it ends.
      const isColonNext = isBefore && time === "iso";
      return (isColonNext ? told(":") : undefined) ?? { kind: "none", part };
    }
    if (part.kind === "body")
      return [...(isBefore ? BEGINNINGS : ENDINGS)].every((each) => !holds(each) || spares(each))
        ? { kind: "content" }
        : { kind: "none", part };
    return (isBefore ? told(FIRST[part.kind] ?? "A") : undefined) ?? { kind: "none", part };
  }
  return { kind: "none", part: undefined };
}

/** What a value always begins with, or has at its one place: `https:` has its colon behind one of two words. */
const FIRST: Readonly<Partial<Record<FieldKind, string>>> = { path: "/", url: ":" };

const nameOf = (part: Part | undefined): string =>
  isField(part) ? part.written : `"${part ?? ""}"`;

const clash = ({ left, right }: Clash, at: string): ConfigurationError =>
  new ConfigurationError(
    at,
    `does not tell where ${left} ends and ${right} begins: two messages could have the same text.`,
    "Put a character between them that neither holds, as the sender does.",
  );
