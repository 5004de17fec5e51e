export {
  Signer,
  type PresignedUrl,
  type RequestToSign,
  type SignedRequest,
  type SignerOptions,
  type UrlToPresign,
} from "@lacre/core";
