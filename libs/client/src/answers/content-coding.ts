import { ResponseRefusal } from "@lacre/core/portable";
import { valueOf } from "../header-lines.js";

type Lines = Iterable<readonly [string, string]>;

/** The content coding of an answer, in lower case; undefined for none. */
export function codingOf(headers: Lines): string | undefined {
  const coding = valueOf(headers, "content-encoding")?.trim().toLowerCase();
  return coding === "" || coding === "identity" ? undefined : coding;
}

/**
 * Refuses an answer that the library has decoded: the signature covers the bytes as they were sent.
 * @param cure how to keep the library from it; unless given, there is no way to
 * @throws ResponseRefusal for an answer with a content coding
 */
export function refuseDecoded(
  headers: Lines,
  cure = "have the server send its signed answers uncompressed",
): void {
  const coding = codingOf(headers);
  if (coding === undefined) return;
  const problem = `the answer was decoded (${coding}) before its bytes could be checked`;
  throw new ResponseRefusal("content-mismatch", `${problem}: ${cure}`);
}
