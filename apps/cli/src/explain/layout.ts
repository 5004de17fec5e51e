import type { OtherTemplate } from "./layouts/other-templates.js";
import type { CanonicalLines, SingleLine } from "./canonical-lines.js";

/** A text by another template than that of the format. */
export interface OtherText extends OtherTemplate {
  readonly text: string;
}

/** How the canonical text of a format is built from its parts, in both directions. It knows nothing of keys. */
export interface Layout {
  /** For people: `LACRE1`. */
  readonly title: string;
  /** Which single lines it has, in the order in which they are shown. */
  readonly rows: readonly SingleLine[];
  /** Whether it writes the target by rules of its own: percent-encoded, parameters sorted. */
  readonly normalises: boolean;
  /** Whether the text is lines, so that its line ends are its own and not those of content. */
  readonly hasLines: boolean;
  /** Whether it writes times otherwise than as ten digits of Unix seconds. */
  readonly writesOtherTimes?: true;
  /** Whether a text, whatever else is wrong with it, is one of these. */
  recognises(text: string): boolean;
  /** Undefined for any other text. */
  read(text: string): CanonicalLines | undefined;
  /** The text; undefined where a part is not known, or not single. */
  write(lines: CanonicalLines): string | undefined;
  /** Texts of the same parts by other templates, where the format has one. */
  others?(lines: CanonicalLines): Iterable<OtherText>;
  /** Whether the empty line is missing that should stand behind the headers. */
  lacksEmptyLine?(text: string): boolean;
}
