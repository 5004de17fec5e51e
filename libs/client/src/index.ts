export { signedFetch, type SignedFetch } from "./signed-fetch.js";
export { Signer, type RequestToSign, type SignedRequest, type SignerOptions } from "@lacre/core";
