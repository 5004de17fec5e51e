import type { RefusalCode } from "@lacre/core";

/*
 * Everything in a view is bytes, held as text with one character (0 to 255) for each byte, as Node holds headers: a
 * place in a text is a place in bytes.
 */

/** How a request was written down. */
export type ViewKind = "raw" | "headers" | "canonical" | "har" | "curl";

/** A line of the canonical request: none where it is absent, several where a header came on several lines. */
export type Values = readonly string[];

/** The lines of a canonical request by their meaning; undefined where this view does not tell. */
export interface CanonicalLines {
  readonly algorithm: Values | undefined;
  readonly appId: Values | undefined;
  readonly timestamp: Values | undefined;
  readonly nonce: Values | undefined;
  readonly method: Values | undefined;
  readonly target: Values | undefined;
  /** By name, as the list writes them. */
  readonly headers: ReadonlyMap<string, Values | undefined>;
  readonly list: Values | undefined;
}

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
  readonly lines: CanonicalLines;
  /** The canonical request; undefined where a line is not known. */
  readonly text: string | undefined;
  readonly form: Form;
  /** Every header line that this view tells of, in order; undefined for a canonical request. */
  readonly headers: readonly (readonly [string, string])[] | undefined;
  /** The content, where this view tells of it. */
  readonly content: Buffer | undefined;
  /** The signature as it was sent. */
  readonly mac: string | undefined;
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

/** The canonical request that these lines make; undefined where one is not known or not single. */
export function textOf(lines: CanonicalLines): string | undefined {
  const { algorithm, appId, timestamp, nonce, method, target, headers, list } = lines;
  const all = [algorithm, appId, timestamp, nonce, method, target, ...headers.values(), list];
  if (!all.every((values) => values?.length === 1)) return undefined;
  const first = [algorithm, appId, timestamp, nonce, method, target].map((values) => values?.[0]);
  const named = [...headers].map(([name, values]) => `${name}:${values?.[0]}`);
  return [...first, ...named, "", list?.[0]].join("\n");
}
