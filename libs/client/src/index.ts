export { signFetch, type SignedFetch } from "./fetch.js";
export type { ClientOptions } from "./options.js";
export { ConfigurationError, Refusal, ResponseRefusal } from "@lacre/core/portable";
