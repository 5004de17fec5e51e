import type { Scheme } from "@lacre/core";
import type { Layout } from "./layout.js";

/** A scheme, and how its text is built. */
export interface Format {
  readonly scheme: Scheme;
  readonly layout: Layout;
}
