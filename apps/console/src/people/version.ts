import type { Request, Response } from "express";
import { Problem } from "../problems/problem.js";

/** Says which version of a record an answer shows. RFC 9110, section 8.8.3 */
export function showVersion<Record extends { readonly version: number }>(
  response: Response,
  record: Record,
): Record {
  response.setHeader("ETag", `"${record.version}"`);
  return record;
}

/**
 * Which version of a record somebody has seen who wants to change it.
 * @throws Problem `version-missing`; `changed-meanwhile` for what no record's version can be
 */
export function seenVersionOf(request: Request): number {
  const header = request.headers["if-match"];
  if (header === undefined)
    throw new Problem("version-missing", { detail: 'Send If-Match with the ETag, such as "3".' });
  const [, version] = /^"(\d{1,9})"$/.exec(header) ?? [];
  if (version === undefined) throw new Problem("changed-meanwhile");
  return Number(version);
}
