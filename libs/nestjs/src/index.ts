export { HmacModule } from "./hmac.module.js";
export type { AppSource } from "./app-source.js";
export type { HmacModuleOptions, HmacOptionsFactory } from "./hmac.options.js";
export { HmacGuard } from "./hmac.guard.js";
export { HmacStrategy } from "./hmac.strategy.js";
export { HmacPrincipal, HmacProtected, HmacPublic, HmacSignedResponse } from "./hmac.decorators.js";
export type { HmacSignedResponseOptions } from "./answers/answer-rules.js";
export type { HmacRouteOptions } from "./routes.js";
export { HmacException, type Diagnostics } from "./hmac.exception.js";
export { CacheNonceStore } from "./nonces/cache-nonce.store.js";
export { createNonceCache, nonceKeyv } from "./nonces/nonce-cache.js";

export {
  acquia2,
  aspnetHmac,
  awsSigV4,
  bodySignature,
  azureHmac,
  azureSharedKey,
  ConfigurationError,
  generateApiKey,
  github,
  hawk,
  readAspnetApps,
  Refusal,
  rfc9421,
  schemeUsage,
  sharedKey,
  slack,
  standardWebhooks,
  stripe,
  timestampBody,
  UnreadableAppError,
  type Acquia2Options,
  type AppDefinition,
  type AppsDefinition,
  type AspnetApp,
  type AspnetBodyHash,
  type AspnetHmacOptions,
  type AwsSigV4Options,
  type BodySignatureOptions,
  type AzureHmacOptions,
  type AzureSharedKeyOptions,
  type ClaimMeasured,
  type Clock,
  type GithubOptions,
  type HawkOptions,
  type KeyDefinition,
  type NonceStore,
  type Observer,
  type Principal,
  type RefusalCode,
  type Rfc9421Options,
  type SchemeOption,
  type SchemeUsage,
  type SchemeUse,
  type SharedKeyOptions,
  type SlackOptions,
  type StandardWebhooksOptions,
  type StripeOptions,
  type TimestampBodyOptions,
  type Verdict,
} from "@lacre/core";
