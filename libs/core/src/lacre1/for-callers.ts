import type { Scheme } from "../scheme/scheme.js";
import { header } from "./header.js";
import { responses } from "./response.js";

/**
 * What of LACRE1 a caller has use for that signs by headers and checks answers. A page loads this alone: presigned URLs
 * and the words for a server's log are not in it.
 */
export const forCallers = {
  name: "lacre1",
  keyEncodings: ["lk1", "base64", "hex", "text"],
  header,
  responses,
} as const satisfies Partial<Scheme>;
