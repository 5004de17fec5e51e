import type { RefusalCode } from "@lacre/core";
import type { MacRecipe } from "@lacre/core/scheme";
import type { CanonicalLines } from "./canonical-lines.js";
import type { Layout } from "./layout.js";

/*
 * Everything in a view is bytes, held as text with one character (0 to 255) for each byte, as Node holds headers: a
 * place in a text is a place in bytes.
 */

/** How a request was written down. */
export type ViewKind = "raw" | "headers" | "canonical" | "har" | "curl";

/** What is odd about how a canonical request was printed, beside its lines. */
export interface Form {
  /** Begins with EF BB BF. */
  readonly bom: boolean;
  /** Lines end with CR LF. */
  readonly crlf: boolean;
  /** `\n` is written as two characters. */
  readonly literalLineEnds: boolean;
  /** Nothing stands between the headers and the list. */
  readonly noEmptyLine: boolean;
  /** How many line ends follow the last line; one may be the printer's. */
  readonly lineEndsAfter: number;
}

/** One side's idea of the request. */
export interface View {
  readonly kind: ViewKind;
  /** How the text of its format is built. */
  readonly layout: Layout;
  readonly lines: CanonicalLines;
  /** The canonical request; undefined where a line is not known. */
  readonly text: string | undefined;
  readonly form: Form;
  /** Every header line that this view tells of, in order; undefined for a canonical request. */
  readonly headers: readonly (readonly [string, string])[] | undefined;
  /** The request-target as it was sent; undefined where this view does not tell. */
  readonly target: string | undefined;
  /** The content, where this view tells of it. */
  readonly content: Buffer | undefined;
  /** The signatures as they were sent: several where a sender changes its key, none where the view does not tell. */
  readonly macs: readonly string[];
  /** How the signature is made; undefined where the view does not tell. */
  readonly recipe: MacRecipe | undefined;
  /** Whether a verifier would take this content with the request; undefined where the view does not tell. */
  readonly takes: ((content: Buffer) => boolean) | undefined;
  /** Why a verifier would refuse this request whatever the key: seen from the head alone. */
  readonly fault: Fault | undefined;
}

/** A refusal before the MAC. */
export interface Fault {
  readonly code: RefusalCode;
  readonly detail: string;
  /** What the request has in place of it; names, never values. */
  readonly note: string | undefined;
}

export const PLAIN_FORM: Form = {
  bom: false,
  crlf: false,
  literalLineEnds: false,
  noEmptyLine: false,
  lineEndsAfter: 0,
};

/** The values of a header in a view, whatever the case of its name. */
export function headerOf({ headers = [] }: View, wanted: string): string[] {
  return headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}
