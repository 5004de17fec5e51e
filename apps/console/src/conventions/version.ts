import { isDeepStrictEqual } from "node:util";
import { createParamDecorator, type ExecutionContext, type Type } from "@nestjs/common";
import { ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import type { Request } from "express";
import { Problem } from "../problems/problem.js";

/** What an ETag says of a record: its version, in quotation marks. RFC 9110 section 8.8.3 */
export const etagOf = (version: number): string => `"${version}"`;

/** `"3"`, and what is as well made but no version of ours: whatever record it is of, it is not this one as it is. */
const ONE_ETAG = /^(?:"([1-9]\d{0,8})"|(?:W\/)?"[\x21\x23-\x7e]*")$/;

/**
 * The version that the caller has seen, of `If-Match`. Without it 428, so that nobody overwrites what they never saw;
 * `*` would have them do just that.
 */
const readSeen = (_: unknown, context: ExecutionContext): number => {
  const header = context.switchToHttp().getRequest<Request>().headers["if-match"];
  if (header === undefined)
    throw new Problem("version-missing", { detail: "Send If-Match with the ETag of the record." });
  const etag = ONE_ETAG.exec(header);
  if (etag === null)
    throw new Problem("invalid-input", {
      faults: [{ at: "header.if-match", problem: 'must be the ETag of the record, such as "3"' }],
    });
  const [, version] = etag;
  if (version === undefined) throw new Problem("changed-meanwhile");
  return Number(version);
};
export const SeenVersion = createParamDecorator(readSeen);

/** Whether a handler asks for the version that was seen. */
export function takesVersion(controller: Type, handler: string): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ??
    {}) as Readonly<Record<string, { readonly factory?: unknown }>>;
  return Object.values(parameters).some(({ factory }) => factory === readSeen);
}

/** Whether a record would stay as it is: then it keeps its version, nobody is told, and it is no act. */
export const staysAsItIs = (before: object, after: object): boolean =>
  isDeepStrictEqual({ ...before, ...after }, { ...before });

/**
 * Of an update whose condition names the version that was seen: whether it found its row.
 * @throws Problem `changed-meanwhile` where it did not
 */
export function changedRow<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Problem("changed-meanwhile");
  return row;
}
