import type { OpenAPIObject } from "@nestjs/swagger";
import type { RoutePolicy } from "@lacre/core";
import type { Operation } from "./security.js";

type Responses = NonNullable<NonNullable<OpenAPIObject["components"]>["responses"]>;
type Response = Exclude<Responses[string], { $ref: string } | undefined>;

const header = (description: string): NonNullable<Response["headers"]>[string] => ({
  description,
  schema: { type: "string" },
});

const REQUEST_ID = { "X-Request-Id": header("By which the server's log knows the refusal.") };
const CHALLENGE = { "WWW-Authenticate": header("The algorithms that the server takes.") };
const PATIENCE = { "Retry-After": header("Seconds to wait before the request is signed anew.") };

const refusal = (status: number, description: string, headers: Response["headers"]): Response => ({
  description,
  headers: { ...headers, ...REQUEST_ID },
  content: {
    "application/json": {
      schema: {
        type: "object",
        properties: {
          statusCode: { type: "integer", enum: [status] },
          message: { type: "string" },
        },
        required: ["statusCode", "message"],
      },
    },
  },
});

/** How requests are refused, for the components of a document. */
export const REFUSALS: Responses = {
  HmacUnauthorized: refusal(401, "Not signed, or not rightly.", CHALLENGE),
  HmacForbidden: refusal(403, "Signed rightly, by an app that may not do this.", {}),
  HmacContentTooLarge: refusal(413, "More content than the server takes.", {}),
  HmacUnavailable: refusal(503, "The server cannot tell at the moment.", PATIENCE),
};

/**
 * Adds the refusals that an operation does not describe itself. Not by `@ApiResponse`: on a method, that would take
 * away the 200 or 201 that @nestjs/swagger describes by itself.
 */
export function describeRefusals(operation: Operation, policy: RoutePolicy | undefined): void {
  operation.responses = {
    401: { $ref: "#/components/responses/HmacUnauthorized" },
    ...(policy?.scopes.length !== 0 && { 403: { $ref: "#/components/responses/HmacForbidden" } }),
    ...(policy?.stream !== true && { 413: { $ref: "#/components/responses/HmacContentTooLarge" } }),
    503: { $ref: "#/components/responses/HmacUnavailable" },
    ...operation.responses,
  };
}
