import { ConfigurationError } from "@lacre/core/portable";
import type { SignerOptions } from "@lacre/core";
import { signFetch } from "../fetch.js";
import type { TriedRequest } from "./system.js";

/** What is entered in the Authorize dialog. */
export type Credentials = Required<Pick<SignerOptions, "appId" | "apiKey" | "algorithm">>;

/** The signing scheme that a security scheme of an OpenAPI document is: `x-hmac` says so, since OpenAPI knows no HMAC. */
export function signingSchemeOf(schema: unknown): string | undefined {
  const { "x-hmac": hmac } = (schema ?? {}) as { "x-hmac"?: { scheme?: string } };
  return hmac?.scheme;
}

/** What was entered for a security scheme that this operation asks for. */
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

/** Why nothing can be signed with what was entered so far; undefined where it can, or while something is missing. */
export function problemOf(credentials: Credentials): string | undefined {
  if (credentials.appId === "" || credentials.apiKey === "") return undefined;
  try {
    signFetch(fetch, credentials);
    return undefined;
  } catch (error) {
    return error instanceof ConfigurationError && error.option === "apiKey"
      ? "This is no ApiKey: it is lk1_ and 43 more characters."
      : (error as Error).message;
  }
}
