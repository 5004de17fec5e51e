export { HmacModule } from "./hmac.module.js";
export type { AppSource, HmacModuleOptions, HmacOptionsFactory } from "./hmac.options.js";
export { HmacGuard } from "./hmac.guard.js";
export { HmacStrategy } from "./hmac.strategy.js";
export { HmacPrincipal, HmacProtected, HmacPublic, HmacSignedResponse } from "./hmac.decorators.js";
export type { HmacSignedResponseOptions } from "./answers/answer-rules.js";
export type { HmacRouteOptions } from "./routes.js";
export { HmacException, type Diagnostics } from "./hmac.exception.js";
export { CacheNonceStore } from "./nonces/cache-nonce.store.js";
export { createNonceCache, nonceKeyv } from "./nonces/nonce-cache.js";

export {
  awsSigV4,
  azureHmac,
  azureSharedKey,
  ConfigurationError,
  generateApiKey,
  Refusal,
  type AppDefinition,
  type AppsDefinition,
  type AwsSigV4Options,
  type AzureHmacOptions,
  type AzureSharedKeyOptions,
  type ClaimMeasured,
  type Clock,
  type KeyDefinition,
  type NonceStore,
  type Observer,
  type Principal,
  type RefusalCode,
  type SchemeOption,
  type Verdict,
} from "@lacre/core";
