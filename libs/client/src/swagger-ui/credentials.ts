import { ConfigurationError } from "@lacre/core/portable";
import type { SignerOptions } from "@lacre/core";
import { signFetch } from "../fetch.js";
import type { TriedRequest } from "./system.js";

/** What is entered in the Authorize dialog. */
export type Credentials = Required<Pick<SignerOptions, "appId" | "apiKey" | "algorithm">>;

/** The signing scheme of a security scheme, from `x-hmac`: OpenAPI itself has no HMAC. */
export function signingSchemeOf(schema: unknown): string | undefined {
  const { "x-hmac": hmac } = (schema ?? {}) as { "x-hmac"?: { scheme?: string } };
  return hmac?.scheme;
}

/** The credentials that were entered for a security scheme of this operation. */
export function credentialsFor({ operation, securities }: TriedRequest): Credentials | undefined {
  const { authorized, specSecurity } = securities ?? {};
  const alternatives = operation?.toJS().security ?? (specSecurity || []);
  for (const name of alternatives.flatMap((names) => Object.keys(names))) {
    const entry = authorized ? authorized[name] : undefined;
    if (entry?.value !== undefined && signingSchemeOf(entry.schema) === "lacre1")
      return entry.value as Credentials;
  }
  return undefined;
}

/** Why these credentials cannot sign; undefined if they can, or if one is still empty. */
export function problemOf(credentials: Credentials): string | undefined {
  if (credentials.appId === "" || credentials.apiKey === "") return undefined;
  try {
    signFetch(fetch, credentials);
    return undefined;
  } catch (error) {
    return error instanceof ConfigurationError && error.option === "apiKey"
      ? "An ApiKey is lk1_ and 43 more characters."
      : (error as Error).message;
  }
}
