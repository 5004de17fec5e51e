import type { Scheme } from "../scheme/scheme.js";
import { ALGORITHM_NAMES } from "./grammar.js";
import { header } from "./header.js";
import { presigned } from "./presigned.js";
import { responses } from "./response.js";

/** LACRE1: docs/protocol.md. */
export const lacre1: Scheme = {
  name: "lacre1",
  challenges: Object.values(ALGORITHM_NAMES),
  keyEncodings: ["lk1", "base64", "hex", "text"],
  keyAlgorithms: ["sha256", "sha384", "sha512"],
  header,
  presigned,
  responses,
};
