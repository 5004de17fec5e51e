/*
 * What a scheme is written with: the contract, and the parts that formats have in common. The project's own schemes use
 * nothing else.
 */
export { APP_ID_CURE, APP_ID_TERMS, isAppId, isAppIdText } from "./apps/app-id.js";
export { type AppDefinition, type KeyDefinition } from "./apps/apps.js";
export {
  MAC_BYTES,
  type DigestAlgorithm,
  type DigestEncoding,
  type MacAlgorithm,
} from "./crypto/algorithms.js";
export { decodeStrictly, type KeyEncoding } from "./crypto/encoding.js";
export { type KeyLength } from "./crypto/key-bytes.js";
export { type Secret } from "./crypto/secret.js";
export { ConfigurationError, Refusal, type RefusalCode } from "./errors.js";
export { parseAuthParams, refuseValue } from "./http/auth-params.js";
export { LOWER_HEX, consistsOf } from "./http/characters.js";
export { formatContentDigest } from "./http/content-digest.js";
export { HeaderLines } from "./http/header-lines.js";
export { readHeaderName } from "./http/header-name.js";
export { formatHttpDate, parseHttpDate } from "./http/http-date.js";
export {
  encodeRfc3986,
  hasNormalEscapes,
  pathOf,
  queryNameFinder,
  queryOf,
  queryPairs,
  refuseManyParameters,
} from "./http/query.js";
export { parseQuotedParams } from "./http/quoted-params.js";
export { isSafe, onlyLine } from "./http/receive.js";
export { type SignableRequest } from "./http/signable-request.js";
export {
  isInnerList,
  parseDictionary,
  parseItem,
  parseList,
  serialiseDictionary,
  serialiseList,
  serialiseMember,
  type BareItem,
  type Dictionary,
  type InnerList,
  type Item,
  type Member,
} from "./http/structured-fields.js";
export { isoSecond, parseUtc } from "./http/utc.js";
export { count, custom, flag, group, list, oneOf, port, seconds, text } from "./option-kinds.js";
export { readOptions, type Option, type OptionsOf, type SettingsOf } from "./options.js";
export { secondOf, systemClock, type Clock } from "./ports/clock.js";
export {
  REFUSED_WHEN_UNSIGNABLE,
  SIGNED_IN_ANSWERS,
  SIGNED_WHEN_PRESENT,
  isUnsignable,
} from "./scheme/signed-fields.js";
export {
  checkCoverage,
  checkListed,
  checkMinimum,
  isFieldName,
  signedHeadersReader,
} from "./scheme/coverage.js";
export { namesToSign } from "./scheme/names-to-sign.js";
export { KEY_OPTIONS, WEAK_KEYS, keyLengthOf } from "./scheme/key-terms.js";
export { refuseUnpresignable, refuseUnpresignableMethod } from "./scheme/presigning.js";
export { readSchemeName, schemeName } from "./scheme/scheme-name.js";
export type { MacRecipe, KeyDerivation } from "./crypto/mac-recipe.js";
export type { Claims, ContentClaim, ContentUse, Presigned } from "./scheme/claims.js";
export type { ContactAnswer, ContactReading, FirstContact } from "./scheme/first-contact.js";
export type {
  Draft,
  Moment,
  PresignedMoment,
  Signatory,
  Signed,
  UnsignedRequest,
} from "./scheme/draft.js";
export type { Redelivery } from "./scheme/redelivery.js";
export type {
  AnsweredRequest,
  HeaderEntry,
  ResponseClaims,
  ResponseDraft,
  ResponseReading,
  ResponseScheme,
  SignableResponse,
  UnsignedResponse,
} from "./scheme/response-scheme.js";
export type {
  AuthenticRequest,
  CustomWindow,
  Form,
  Reading,
  Scheme,
  Traits,
} from "./scheme/scheme.js";
