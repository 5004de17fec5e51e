import { applyDecorators } from "@nestjs/common";
import { ApiSecurity, type DocumentBuilder, type OpenAPIObject } from "@nestjs/swagger";
import { lacre1, type Scheme } from "@lacre/core";

type SecurityScheme = Parameters<DocumentBuilder["addSecurity"]>[1];
export type Operation = NonNullable<OpenAPIObject["paths"][string]["get"]>;
export type Requirement = NonNullable<Operation["security"]>[number];

/**
 * How an OpenAPI document describes a signing scheme. OpenAPI knows no HMAC: to others it is an HTTP authentication
 * scheme, and `x-hmac` says the rest.
 */
export function securitySchemeOf({ name, challenges }: Scheme): SecurityScheme {
  return {
    type: "http",
    scheme: challenges[0]?.split(" ", 1)[0] ?? name,
    description: "Each request is signed with the ApiKey, which is never sent.",
    "x-hmac": { scheme: name, algorithms: challenges },
  };
}

/**
 * Describes LACRE1 in a document, under the name `lacre1`. `createHmacDocument` does so by itself.
 *
 * @example
 * const config = addHmacSecurity(new DocumentBuilder().setTitle("Orders")).build();
 */
export function addHmacSecurity(builder: DocumentBuilder): DocumentBuilder {
  return builder.addSecurity(lacre1.name, securitySchemeOf(lacre1));
}

/**
 * Says in the document that a class or a method wants signed requests. `createHmacDocument` needs it only where
 * `@HmacProtected()` does not stand: on `@UseGuards(HmacGuard)` or `AuthGuard("hmac")`.
 * @param schemes by which of these names of schemes; `"lacre1"` unless said otherwise
 */
export function ApiHmac(...schemes: string[]): ClassDecorator & MethodDecorator {
  return applyDecorators(...requirementsOf(schemes).map((requirement) => ApiSecurity(requirement)));
}

/** One of them is enough. */
export const requirementsOf = (schemes: readonly string[]): Requirement[] =>
  (schemes.length === 0 ? [lacre1.name] : schemes).map((scheme) => ({ [scheme]: [] }));
