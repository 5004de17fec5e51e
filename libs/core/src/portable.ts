/*
 * What signs requests and checks answers, and needs nothing but JavaScript: for browsers and edge runtimes, where the
 * MACs and hashes come from Web Crypto.
 */
export { APP_ID_CURE, isAppId } from "./apps/app-id.js";
export {
  checkResponse,
  type ResponseCryptography,
  type ResponseToCheck,
  type UnreadResponse,
} from "./check-response.js";
export { decodeStrictly, encodeBytes } from "./crypto/encoding.js";
export { readKeyBytes } from "./crypto/key-bytes.js";
export { keyOptionError, readKeyEncoding } from "./crypto/key-fault.js";
export { ConfigurationError, Refusal, ResponseRefusal } from "./errors.js";
export { lineOf } from "./log/log-text.js";
export { bytes, count, custom, oneOf, port } from "./option-kinds.js";
export { readOptions, type OptionSpecs, type OptionsOf } from "./options.js";
export { readNamedHeaders } from "./signing/named-headers.js";
export { prepareRequest, signedHead } from "./signing/prepare.js";
export type { RequestToSign } from "./signing/request-to-sign.js";
export { forCallers as lacre1 } from "./lacre1/for-callers.js";
export { secondOf } from "./ports/clock.js";
