import { blocksOf } from "./markdown.js";

/** The page that adds a scheme. */
export const ACME_PAGE = "docs/recipes/add-a-scheme.md";

/** Its vectors, as far as a test looks at them. */
export interface AcmeVectors {
  readonly appId: string;
  readonly apiKey: string;
  readonly now: number;
  readonly cases: readonly {
    readonly refusal: string | null;
    readonly method: string;
    readonly target: string;
    readonly host: string;
    readonly body: string;
    readonly signature: string;
  }[];
}

export function acmeVectors(): AcmeVectors {
  const json = blocksOf(ACME_PAGE).find(({ kind }) => kind === "json");
  return JSON.parse(json?.code ?? "null") as AcmeVectors;
}
