import type { Layout } from "../layout.js";
import { LACRE1_LAYOUT } from "./lacre1-layout.js";
import { RFC9421_LAYOUT } from "./rfc9421-layout.js";
import { SIGV4_LAYOUT } from "./sigv4-layout.js";

/** Those that a text shows by itself. */
const BY_SIGHT: readonly Layout[] = [LACRE1_LAYOUT, RFC9421_LAYOUT, SIGV4_LAYOUT];

/** The layout of a text, where the text itself shows it. */
export const layoutBySight = (text: string): Layout | undefined =>
  BY_SIGHT.find((layout) => layout.recognises(text));
