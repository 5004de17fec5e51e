/** A collection before it is written down as one tool has it. */
export interface Collection {
  readonly name: string;
  /** Scheme, host and path prefix, without a slash at the end: the variable baseUrl. */
  readonly baseUrl: string;
  /** The variable appId; empty where the user shall set it. */
  readonly appId: string;
  readonly requests: readonly ExampleRequest[];
}

/** One request, with example values where the API wants some. */
export interface ExampleRequest {
  readonly name: string;
  readonly method: string;
  /** What follows baseUrl: path and query, ready to be sent but for `{{variables}}`. */
  readonly target: string;
  /** Without the Content-Type, which the content brings along. */
  readonly headers: readonly Pair[];
  readonly content?: ExampleContent;
}

export type ExampleContent =
  | { readonly kind: "text"; readonly type: string; readonly text: string }
  | { readonly kind: "form"; readonly fields: readonly Pair[] };

export type Pair = readonly [name: string, value: string];

export const FORM_TYPE = "application/x-www-form-urlencoded";

/** All headers of a request, that of its content last. */
export function headersOf({ headers, content }: ExampleRequest): readonly Pair[] {
  if (content === undefined) return headers;
  return [...headers, ["Content-Type", content.kind === "form" ? FORM_TYPE : content.type]];
}

/** A file of an export. `secret`: the user puts the key into it. */
export interface ExportedFile {
  readonly path: string;
  readonly text: string;
  readonly secret?: true;
}
