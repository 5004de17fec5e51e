import { lacre1, type Clock, type Scheme } from "@lacre/core";
import type { Layout } from "./explain/layout.js";
import { LACRE1_LAYOUT } from "./explain/layouts/lacre1-layout.js";
import type { SchemeTerms } from "./scheme-terms.js";
import type { ShownRequest } from "./shown-scheme.js";

/** What a scheme may have to know beside its options. */
export interface World {
  /** Who signs; undefined where nobody knows, and then a scheme whose requests do not say it cannot be made. */
  readonly appId: string | undefined;
  readonly clock: Clock;
  /** The request that is looked at; none where one is made. */
  readonly request?: ShownRequest;
}

/** One scheme that can be spoken. */
export interface Spoken {
  /** Makes it of its own options, those with flags of their own among them. */
  readonly make: (terms: SchemeTerms, world: World) => Scheme;
  /** How its text is built, for `lacre explain`. */
  readonly layout: (terms: SchemeTerms) => Layout;
}

/** The one that is spoken unless another is named. */
export const LACRE1: Spoken = { make: () => lacre1, layout: () => LACRE1_LAYOUT };
