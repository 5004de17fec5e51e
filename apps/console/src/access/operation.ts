import { applyDecorators, HttpCode, SetMetadata } from "@nestjs/common";
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
} from "@nestjs/swagger";
import { z } from "zod";
import { HmacProtected } from "@lacre/nestjs";
import type { Permission } from "./roles.js";

/**
 * Who may call a route: a person with a permission, a service that signs with a scope, somebody who is signing in and
 * brings the proof along, or everybody.
 */
export type Access =
  | { readonly by: "person"; readonly permission: Permission }
  | { readonly by: "service"; readonly scope: string }
  | { readonly by: "sign-in" }
  | { readonly by: "everybody" };

export const person = (permission: Permission): Access => ({ by: "person", permission });
export const service = (scope: string): Access => ({ by: "service", scope });
export const SIGN_IN: Access = { by: "sign-in" };
export const EVERYBODY: Access = { by: "everybody" };

/** A route, described once: who may call it, what it takes, what it answers. Documents, checks and types come of it. */
export interface OperationTerms {
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The answer in the ordinary case; nothing for 204. */
  readonly answer?: z.ZodType;
  /** 200 unless said otherwise; 204 where there is no answer. */
  readonly status?: number;
  /**
   * Of a POST that may be sent again with its `Idempotency-Key`: its answer is kept for a day and given again. Never
   * where the answer shows a secret.
   */
  readonly keepsAnswer?: true;
  /** Of a POST whose answer is not kept: what it made, in a few words that say no secret, for whoever sends it again. */
  readonly made?: (answer: never) => string;
  /** Of an answer that is not JSON, such as `text/csv`. */
  readonly contentType?: string;
}

export const OPERATION = Symbol("console:operation");

const schemaOf = (type: z.ZodType, io: "input" | "output"): object =>
  z.toJSONSchema(type, { target: "openapi-3.0", io, unrepresentable: "any" });

/** Marks a handler as a route of the API. A handler without it stops the start. */
export function Operation(terms: OperationTerms): MethodDecorator {
  const { summary, access, body, answer, contentType = "application/json" } = terms;
  const status =
    terms.status ?? (answer === undefined && terms.contentType === undefined ? 204 : 200);
  return applyDecorators(
    SetMetadata(OPERATION, terms),
    HttpCode(status),
    ApiOperation({ summary, description: wordsOf(access) }),
    ...(body === undefined ? [] : [ApiBody({ schema: schemaOf(body, "input") })]),
    ApiResponse({
      status,
      description: "Done.",
      ...(answer && { content: { [contentType]: { schema: schemaOf(answer, "output") } } }),
    }),
    ...securityOf(access),
  );
}

function securityOf(access: Access): (MethodDecorator & ClassDecorator)[] {
  switch (access.by) {
    case "person":
      return [ApiBearerAuth()];
    case "service":
      return [HmacProtected({ scopes: [access.scope] }), ApiSecurity("lacre")];
    case "sign-in":
      return [ApiBasicAuth()];
    case "everybody":
      return [];
  }
}

function wordsOf(access: Access): string {
  switch (access.by) {
    case "person":
      return `Needs the permission ${access.permission}.`;
    case "service":
      return `For services: signed, with the scope ${access.scope}.`;
    case "sign-in":
      return "Brings the proof along.";
    case "everybody":
      return "Open to everybody.";
  }
}
