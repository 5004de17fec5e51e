import { applyDecorators, HttpCode, SetMetadata } from "@nestjs/common";
import type { z } from "zod";
import { HmacProtected } from "@lacre/nestjs";
import type { Permission } from "./roles.js";

/**
 * Who may call a route: a person with a permission, a service that signs with a scope, somebody who is signing in and
 * brings the proof along, a browser with the cookie of a session, or everybody.
 */
export type Access =
  | { readonly by: "person"; readonly permission: Permission }
  | { readonly by: "service"; readonly scope: string }
  | { readonly by: "sign-in" }
  | { readonly by: "session" }
  | { readonly by: "everybody" };

export const person = (permission: Permission): Access => ({ by: "person", permission });
export const service = (scope: string): Access => ({ by: "service", scope });
export const SIGN_IN: Access = { by: "sign-in" };
export const SESSION: Access = { by: "session" };
export const EVERYBODY: Access = { by: "everybody" };

/** A route, described once: who may call it, what it takes, what it answers. Documents, checks and types come of it. */
export interface OperationTerms {
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  /** Strict, as `body` is: a field that nobody knows is refused. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The answer in the ordinary case; nothing for 204. */
  readonly answer?: z.ZodType;
  /** 200 unless said otherwise; 204 where there is no answer. */
  readonly status?: number;
  /**
   * Of a POST that may be sent again with its `Idempotency-Key`: its answer is kept for a day and given again. Never
   * where the answer shows a secret. One without an answer needs no word.
   */
  readonly keepsAnswer?: true;
  /** Of a POST whose answer shows a secret: what it made, in a few words without it, for whoever sends it again. */
  readonly made?: (answer: never) => string;
  /** Of a POST that changes nothing: sent again, it is done again. */
  readonly changesNothing?: true;
  /** Of an answer that is not JSON, such as `text/csv`. */
  readonly contentType?: string;
}

export const OPERATION = Symbol("console:operation");

/** Marks a handler as a route of the API. A handler without it stops the start. */
export function Operation(terms: OperationTerms): MethodDecorator {
  const { access } = terms;
  return applyDecorators(
    SetMetadata(OPERATION, terms),
    HttpCode(statusOf(terms)),
    ...(access.by === "service" ? [HmacProtected({ scopes: [access.scope] })] : []),
  );
}

/** Whether it may be sent with an `Idempotency-Key`, and is then done once. */
export const isDoneOnce = (method: string, { access, changesNothing }: OperationTerms): boolean =>
  method === "POST" && access.by === "person" && changesNothing !== true;

/** The status of the ordinary case. */
export const statusOf = ({ status, answer, contentType }: OperationTerms): number =>
  status ?? (answer === undefined && contentType === undefined ? 204 : 200);
