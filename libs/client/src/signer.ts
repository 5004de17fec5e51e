export {
  Signer,
  type PresignedUrl,
  type RequestToSign,
  type SignedRequest,
  type SignerOptions,
  type SigningTerms,
  type UrlToPresign,
} from "@lacre/core";
