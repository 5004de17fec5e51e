export type { Verification } from "./verification.js";
export { Verifier } from "./verifier.js";
export type { VerifierOptions } from "./stages/standpoint.js";
export {
  Signer,
  type PresignedUrl,
  type SignedRequest,
  type SignerOptions,
  type SigningTerms,
  type UrlToPresign,
} from "./signing/sign.js";
export { refuseReadOnly, trySigning, type SigningTrial } from "./signing/draft-request.js";
export type { RequestToSign } from "./signing/request-to-sign.js";
export type { ResponseToCheck, StoredContent, UnreadResponse } from "./check-response.js";
export { ResponseSigner, type ResponseToSign } from "./signing/sign-response.js";
export { contentOf } from "./content.js";
export { checkBody, checkBodyAtItsEnd, contentFault, forbidsContent } from "./stages/check-body.js";
export {
  acceptedVerdict,
  refusedVerdict,
  type AcceptedAlone,
  type RefusedAlone,
} from "./observing/report.js";
export { joinObservers } from "./observing/join-observers.js";
export { schemeUsage, type SchemeUsage, type SchemeUse } from "./observing/scheme-usage.js";
export { rivalsAmong } from "./scheme/rivals.js";
export type { Greeter } from "./greeter.js";
export type { Greeting } from "./stages/first-contact.js";
export type { ContactAnswer, ContactReading, FirstContact } from "./scheme/first-contact.js";
export { concludeClaims } from "./stages/held-claim.js";
export type { RoutePolicy } from "./stages/route-policy.js";
export { timesOf } from "./stages/timed-nonce-claim.js";
export type { Window } from "./window.js";
export {
  ConfigurationError,
  pageOf,
  Refusal,
  REFUSAL_CODES,
  RESPONSE_FAULTS,
  ResponseRefusal,
  type DeadKey,
  type Progress,
  type RefusalCode,
  type RefusedAnswer,
  type ResponseFault,
} from "./errors.js";
export type { Authentic, Content, Intact } from "./flow.js";
export type { Principal } from "./principal.js";

export { SIGNED_IN_ANSWERS } from "./scheme/signed-fields.js";
export { DEFAULT_SCHEME } from "./apps/default-scheme.js";
export { APP_ID_CURE, isAppId } from "./apps/app-id.js";
export { LIMIT_NAMES, type AppLimits } from "./apps/app-limits.js";
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
} from "./apps/apps.js";
export { Networks } from "./apps/networks.js";
export type { DigestAlgorithm, DigestEncoding, MacAlgorithm } from "./crypto/algorithms.js";
export { generateApiKey, readApiKey } from "./crypto/api-key.js";
export type { KeyEncoding } from "./crypto/encoding.js";
export { Secret } from "./crypto/secret.js";

export { HeaderLines } from "./http/header-lines.js";
export { plainAddress } from "./http/ip-address.js";
export { Origins } from "./http/origins.js";
export { readPathPrefix } from "./http/path-prefix.js";
export { receive, type Front, type ReceivedHead } from "./http/receive.js";
export type { Sender, SignableRequest } from "./http/signable-request.js";

export { lacre1 } from "./lacre1/lacre1.js";
export { readScheme, readSchemes, type SchemeOption } from "./scheme-registry.js";
export { chooseScheme, type Chosen } from "./stages/choose-scheme.js";
export type { Claims, ContentClaim, ContentUse } from "./scheme/claims.js";
export type {
  AnsweredRequest,
  HeaderEntry,
  ResponseClaims,
  ResponseScheme,
} from "./scheme/response-scheme.js";
export type { Outcome, Redelivery } from "./scheme/redelivery.js";
export { formOf, type Scheme } from "./scheme/scheme.js";
export { after, isPromise, type Maybe } from "./after.js";

export { secondOf, systemClock, type Clock } from "./ports/clock.js";
export { UnreadableAppError, type KeyStore } from "./ports/key-store.js";
export {
  NonceStoreClockError,
  NonceStoreFullError,
  NonceStoreStartingError,
  type Held,
  type NonceHold,
  type NonceHorizon,
  type NonceNeeds,
  type NonceStore,
  type SharedHorizon,
} from "./ports/nonce-store.js";
export type {
  Accepted,
  ClaimMeasured,
  Greeted,
  Observer,
  Refused,
  RequestClaim,
  RequestFacts,
  Verdict,
} from "./ports/observer.js";
export {
  CachedKeyStore,
  KEY_CACHE,
  type CachedKeyStoreOptions,
} from "./stores/cached-key.store.js";
export { MemoryKeyStore } from "./stores/memory-key.store.js";
export { MemoryNonceStore, type MemoryNonceStoreOptions } from "./stores/memory-nonce.store.js";
export { callObserver } from "./ports/call-observer.js";
export { framesOf, kindOf, lineOf, reasonOf } from "./log/log-text.js";
export type { LogEntry, LogFields } from "./log/log-entry.js";
export { SafeLogger, type Level, type LogSink } from "./log/safe-logger.js";
export {
  bytes,
  count,
  custom,
  flag,
  group,
  headerName,
  list,
  milliseconds,
  oneOf,
  port,
  seconds,
  text,
} from "./option-kinds.js";
export {
  readOptions,
  refuseStranger,
  type Option,
  type OptionSpecs,
  type OptionsOf,
  type SettingsOf,
} from "./options.js";
export { meteredNonceStore } from "./stores/metered-nonce.store.js";
export { StoreAround } from "./stores/store-around.js";
export { within } from "./stores/within.js";
