import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import type { Request } from "express";
import { Problem } from "../problems/problem.js";

/** What an ETag says of a record: its version, in quotation marks. RFC 9110 section 8.8.3 */
export const etagOf = (version: number): string => `"${version}"`;

/** The version that the caller has seen, of `If-Match`. Without it 428, so that nobody overwrites what they never saw. */
export const SeenVersion = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const header = context.switchToHttp().getRequest<Request>().headers["if-match"];
  if (header === undefined)
    throw new Problem("version-missing", { detail: "Send If-Match with the ETag of the record." });
  const [, version] = /^"(\d{1,9})"$/.exec(header) ?? [];
  if (version === undefined) throw new Problem("changed-meanwhile");
  return Number(version);
});

/**
 * Of an update whose condition names the version that was seen: whether it found its row.
 * @throws Problem `changed-meanwhile` where it did not
 */
export function changedRow<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Problem("changed-meanwhile");
  return row;
}
