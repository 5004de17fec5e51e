/** A line of the canonical request: none where it is absent, several where a header came on several lines. */
export type Values = readonly string[];

/** The lines of a canonical request by their meaning; undefined where this view, or this format, does not tell. */
export interface CanonicalLines {
  readonly algorithm: Values | undefined;
  readonly appId: Values | undefined;
  readonly timestamp: Values | undefined;
  readonly nonce: Values | undefined;
  readonly method: Values | undefined;
  /** Path and query as the text has them, joined with `?` where it has them apart. */
  readonly target: Values | undefined;
  /** By name, as the list writes them. */
  readonly headers: ReadonlyMap<string, Values | undefined>;
  readonly list: Values | undefined;
  /** The content, or its hash, where it is a part of the text. */
  readonly payload: Values | undefined;
  /** What has no meaning that is known here, by its place: `line 3`. */
  readonly others: ReadonlyMap<string, Values | undefined>;
  /** Where the format does not say in which order its parts stand: how they stood. */
  readonly order: readonly string[];
}

/** The lines that are one each, if they are there. */
export type SingleLine = Exclude<keyof CanonicalLines, "headers" | "others" | "order">;

/** Lines of which only some are known. */
export function linesOf(known: Partial<CanonicalLines>): CanonicalLines {
  return {
    algorithm: undefined,
    appId: undefined,
    timestamp: undefined,
    nonce: undefined,
    method: undefined,
    target: undefined,
    headers: new Map(),
    list: undefined,
    payload: undefined,
    others: new Map(),
    order: [],
    ...known,
  };
}

/** A value that is there exactly once. */
export const onlyOf = (values: Values | undefined): string | undefined =>
  values?.length === 1 ? values[0] : undefined;

/** The part of a target before its query. */
export const pathOf = (target: string): string => target.split("?", 1)[0] ?? "";

/** The query without its `?`; undefined where there is none. */
export const queryOf = (target: string): string | undefined =>
  target.includes("?") ? target.slice(target.indexOf("?") + 1) : undefined;
