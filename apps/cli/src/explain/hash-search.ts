import { createHash } from "node:crypto";
import type { Candidate } from "./candidate.js";
import { searchVariants } from "./search-variants.js";
import { axesOf } from "./variants.js";
import type { View } from "./view.js";

/** Hex SHA-256 of a text of bytes. */
export const sha256Of = (text: string): string =>
  createHash("sha256").update(Buffer.from(text, "latin1")).digest("hex");

/** The text of this hash that a change which is known to happen makes of a view; undefined where none does. */
export function candidateOfHash(view: View, sha256: string): Candidate | undefined {
  return searchVariants(view, axesOf(view), ({ lines }) => {
    const text = view.layout.write(lines);
    return text !== undefined && sha256Of(text) === sha256;
  });
}
