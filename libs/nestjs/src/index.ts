export { HmacModule } from "./hmac.module.js";
export type { AppSource } from "@lacre/node";
export type { HmacModuleOptions, HmacOptionsFactory } from "./hmac.options.js";
export { HmacGlobalGuard } from "./hmac-app.guard.js";
export { HmacGuard } from "./hmac.guard.js";
export { HmacStrategy } from "./hmac.strategy.js";
export { HmacPrincipal, HmacProtected, HmacPublic, HmacSignedResponse } from "./hmac.decorators.js";
export type { HmacSignedResponseOptions } from "./answers/answer-mark.js";
export type { HmacRouteOptions } from "./route-rule.js";
export { HmacException } from "./hmac.exception.js";
export type { Diagnostics } from "@lacre/node";

export {
  ConfigurationError,
  generateApiKey,
  joinObservers,
  Refusal,
  schemeUsage,
  UnreadableAppError,
  type AppDefinition,
  type AppLimits,
  type AppsDefinition,
  type Accepted,
  type ClaimMeasured,
  type Clock,
  type KeyDefinition,
  type NonceStore,
  type Observer,
  type Principal,
  type RefusalCode,
  type Refused,
  type RequestClaim,
  type RequestFacts,
  type SchemeOption,
  type SchemeUsage,
  type SchemeUse,
  type Verdict,
} from "@lacre/core";
