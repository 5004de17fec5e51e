import type { Json } from "./example.js";

/** A value where no style says how it is written. */
export const plainText = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
