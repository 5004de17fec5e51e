import type { INestApplicationContext } from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";
import { HMAC_OPTIONS } from "../hmac.module-definition.js";
import type { HmacModuleOptions, HmacSettings } from "../hmac.options.js";
import { HMAC_SETTINGS } from "../hmac.tokens.js";

/**
 * What the module of an application was given, and what it made of that.
 * @param of who asks, for the message
 * @throws ConfigurationError for an application without HmacModule
 */
export function moduleOf(
  app: INestApplicationContext,
  of: string,
): { readonly options: HmacModuleOptions; readonly settings: HmacSettings } {
  try {
    return {
      options: app.get(HMAC_OPTIONS, { strict: false }),
      settings: app.get(HMAC_SETTINGS, { strict: false }),
    };
  } catch {
    throw new ConfigurationError(
      of,
      "finds no HmacModule in this application.",
      "Import the module that has HmacModule.forRoot(…).",
    );
  }
}
