import type { Candidate } from "./candidate.js";

/** What came of holding a signature against a key. */
export type Trial =
  | { readonly outcome: "fits" }
  | {
      readonly outcome: "explained";
      /** The names of the mistakes with key, text and MAC; none where another text is all of it. */
      readonly mistakes: readonly string[];
      /** What was signed, where it is another text than the view's. */
      readonly signed: Candidate | undefined;
      /** The template by which it was signed, where it is another than that of the format. */
      readonly template?: string;
    }
  | { readonly outcome: "unexplained" };
