import { randomBytes } from "node:crypto";
import { All, Controller, Get, type Type } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import {
  HmacPrincipal,
  HmacProtected,
  type AppDefinition,
  type Principal,
  type SchemeOption,
} from "@lacre/nestjs";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";

type Scheme = Exclude<SchemeOption, string>;

/** A format that others have already: the scheme, and whose key it is. */
interface Format {
  readonly appId: string;
  readonly encoding: "text" | "base64" | "whsec";
  /** How many bytes its key has. */
  readonly keyBytes: number;
  readonly scheme: Scheme;
}

const format = (
  encoding: Format["encoding"],
  appId: string,
  make: (appId: string) => Scheme,
  keyBytes = 32,
): Format => ({ appId, encoding, keyBytes, scheme: make(appId) });
/**
 * These take requests from as far in the future as from the past, and a memory store refuses, after a start, what is
 * from before it by as much: their own 900, 300 and 60 s are for a store that outlives a restart.
 */
const SKEW = 5;
const weak = { acknowledgeWeakness: true } as const;

/** The demo takes one format a route, below `/formats`. */
export const FORMATS: readonly Format[] = [
  format("base64", "orders-acquia2", () => acquia2({ realm: "orders", maxAge: SKEW })),
  format("base64", "orders-aspnet", () => aspnetHmac({ maxAge: SKEW, ...weak })),
  format("base64", "orders-azure", () => azureHmac(weak)),
  format("base64", "ordersstorage", () => azureSharedKey(weak), 64),
  format("text", "orders-github", (appId) => github({ appId, ...weak })),
  format("text", "orders-hawk", () => hawk({ maxAge: SKEW, ...weak })),
  format("text", "orders-rfc9421", () => rfc9421(weak)),
  format("text", "orders-shared-key", () => sharedKey(weak)),
  format("text", "orders-slack", (appId) => slack({ appId })),
  format("whsec", "orders-standard-webhooks", (appId) => standardWebhooks({ appId })),
  format("text", "orders-stripe", (appId) => stripe({ appId })),
  format("text", "orders-timestamp-body", (appId) => timestampBody({ appId, ...weak })),
];

/** A new key for each format, by its scheme. */
export function makeFormatKey({ encoding, keyBytes }: Format): string {
  const bytes = randomBytes(keyBytes);
  if (encoding === "text") return bytes.toString("base64url");
  return `${encoding === "whsec" ? "whsec_" : ""}${bytes.toString("base64")}`;
}

/** The apps that speak them. */
export const formatApps = (keys: Readonly<Record<string, string>>): AppDefinition[] =>
  FORMATS.map(({ appId, encoding, scheme: { name } }) => ({
    appId,
    apiKey: keys[name] ?? "",
    encoding,
    schemes: [name],
  }));

/** What a route says of its caller. */
interface Heard {
  readonly scheme: string;
  readonly appId: string;
}

/** One controller for each format: its route takes this scheme and no other. */
export const formatControllers: readonly Type[] = FORMATS.map(({ scheme: { name } }) => {
  @ApiExcludeController() // no page signs these
  @Controller(`formats/${name}`)
  @HmacProtected({ schemes: [name] })
  class FormatController {
    @All()
    hear(@HmacPrincipal() { scheme, appId }: Principal): Heard {
      return { scheme, appId };
    }
  }
  return FormatController;
});

/** What there is to try. */
@Controller("formats")
export class FormatsController {
  @Get()
  list(): readonly string[] {
    return FORMATS.map(({ scheme: { name } }) => name);
  }
}
