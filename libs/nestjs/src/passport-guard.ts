import { Inject, type Type } from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { ConfigurationError } from "@lacre/core";
import { HMAC_STRATEGY } from "./hmac.tokens.js";
import { withoutModule } from "./without-module.js";

/** The name of our strategy among those of Passport. */
export const STRATEGY_NAME = "hmac";

/** The class that `AuthGuard("hmac")` gives everybody who asks; undefined without @nestjs/passport. */
export async function passportGuard(): Promise<Type | undefined> {
  try {
    const { AuthGuard } = await import("@nestjs/passport");
    return AuthGuard(STRATEGY_NAME);
  } catch {
    return undefined; // not installed, so nobody has a guard of it
  }
}

const GUARD = `AuthGuard("${STRATEGY_NAME}")`;

/** What is wrong where it is used and nothing knows any app. */
export const withoutApps = (): ConfigurationError => withoutModule(GUARD);

/** The same where it was asked about what is no request of any app, such as a message of a WebSocket. */
export const withoutArrival = (): ConfigurationError =>
  new ConfigurationError(
    GUARD,
    "was asked about something that is no HTTP request, or that did not arrive in an app with HmacModule.",
    "Use it on HTTP routes; HmacGuard guards resolvers of GraphQL too.",
  );

/**
 * Has an app that uses `AuthGuard("hmac")` without HmacModule stop at its start: the class is not ours, and Passport
 * would find out with the first request.
 */
export async function watchPassportGuard(): Promise<void> {
  const { prototype } = (await passportGuard()) ?? {};
  if (prototype === undefined || "onModuleInit" in prototype) return;
  Inject(ModuleRef)(prototype, MODULE_REF);
  prototype.onModuleInit = function (this: { [MODULE_REF]?: ModuleRef }) {
    try {
      this[MODULE_REF]?.get(HMAC_STRATEGY, { strict: false });
    } catch {
      throw withoutApps();
    }
  };
}

const MODULE_REF = Symbol("lacre module ref");
