export { Verifier, type Verification } from "./verifier.js";
export type { VerifierOptions } from "./verify.js";
export {
  Signer,
  type PresignedUrl,
  type SignedRequest,
  type SignerOptions,
  type UrlToPresign,
} from "./sign.js";
export type { RequestToSign } from "./prepare.js";
export type { ResponseToCheck } from "./check-response.js";
export { ResponseSigner, type ResponseToSign } from "./sign-response.js";
export { contentOf } from "./content.js";
export { checkBody, checkBodyAtItsEnd, contentFault, forbidsContent } from "./check-body.js";
export { acceptedVerdict, refusedVerdict } from "./report.js";
export { schemeUsage, type SchemeUsage, type SchemeUse } from "./scheme-usage.js";
export { rivalsAmong } from "./rivals.js";
export type { RoutePolicy } from "./route-policy.js";
export type { SchemeWindow, Window } from "./window.js";
export {
  ConfigurationError,
  Refusal,
  REFUSAL_CODES,
  RESPONSE_FAULTS,
  ResponseRefusal,
  type Progress,
  type RefusalCode,
  type ResponseFault,
} from "./errors.js";
export type {
  Authentic,
  Claims,
  Content,
  ContentClaim,
  ContentUse,
  Fresh,
  Intact,
  Keyed,
  Permitted,
  Presigned,
  Principal,
  Routed,
  Timely,
} from "./flow.js";

export { APP_ID_CURE, isAppId } from "./app-id.js";
export {
  App,
  readApp,
  readApps,
  type AppDefinition,
  type AppsDefinition,
  type Key,
  type KeyDefinition,
  type KeyRules,
  type KeyState,
} from "./apps.js";
export type { DigestAlgorithm, DigestEncoding, MacAlgorithm } from "./crypto/algorithms.js";
export { generateApiKey, readApiKey } from "./crypto/api-key.js";
export type { KeyEncoding } from "./crypto/encoding.js";
export { Secret } from "./crypto/secret.js";

export { HeaderLines } from "./http/header-lines.js";
export { Origins } from "./http/origins.js";
export { readPathPrefix, receive, type Front, type ReceivedHead } from "./http/receive.js";
export type { SignableRequest } from "./http/signable-request.js";

export { acquia2, type Acquia2Options } from "./schemes/acquia2.js";
export { readAspnetApps, type AspnetApp } from "./schemes/aspnet/aspnet-apps.js";
export {
  aspnetHmac,
  type AspnetBodyHash,
  type AspnetHmacOptions,
} from "./schemes/aspnet/aspnet-hmac.js";
export {
  bodySignature,
  type BodySignatureOptions,
} from "./schemes/body-signature/body-signature.js";
export { github, type GithubOptions } from "./schemes/body-signature/github.js";
export { slack, type SlackOptions } from "./schemes/body-signature/slack.js";
export {
  standardWebhooks,
  type StandardWebhooksOptions,
} from "./schemes/body-signature/standard-webhooks.js";
export { stripe, type StripeOptions } from "./schemes/body-signature/stripe.js";
export {
  timestampBody,
  type TimestampBodyOptions,
} from "./schemes/body-signature/timestamp-body.js";
export { sharedKey, type SharedKeyOptions } from "./schemes/shared-key.js";
export { hawk, type HawkOptions } from "./schemes/hawk/hawk.js";
export { awsSigV4, type AwsSigV4Options } from "./schemes/aws-sigv4/aws-sigv4.js";
export { azureHmac, type AzureHmacOptions } from "./schemes/azure-hmac.js";
export { azureSharedKey, type AzureSharedKeyOptions } from "./schemes/azure-shared-key.js";
export { lacre1 } from "./schemes/lacre1/lacre1.js";
export type { Rfc9421Options } from "./schemes/rfc9421/options.js";
export { rfc9421 } from "./schemes/rfc9421/rfc9421.js";
export { chooseScheme, readSchemes, type SchemeOption } from "./schemes/registry.js";
export type {
  AnsweredRequest,
  HeaderEntry,
  Moment,
  PresignedDraft,
  PresignedTerms,
  RequestDraft,
  ResponseClaims,
  ResponseDraft,
  ResponseScheme,
  Scheme,
  Signatory,
  SignableResponse,
  UnsignedRequest,
  UnsignedResponse,
} from "./schemes/scheme.js";

export { systemClock, type Clock } from "./ports/clock.js";
export { UnreadableAppError, type KeyStore } from "./ports/key-store.js";
export {
  NonceStoreClockError,
  NonceStoreFullError,
  NonceStoreStartingError,
  type NonceHorizon,
  type NonceNeeds,
  type NonceStore,
  type SharedHorizon,
} from "./ports/nonce-store.js";
export type { Accepted, ClaimMeasured, Observer, Refused, Verdict } from "./ports/observer.js";
export { CachedKeyStore, type CachedKeyStoreOptions } from "./stores/cached-key.store.js";
export { MemoryKeyStore } from "./stores/memory-key.store.js";
export { MemoryNonceStore, type MemoryNonceStoreOptions } from "./stores/memory-nonce.store.js";
