import type {
  RequestToSign,
  ResponseClaims,
  ResponseToCheck,
  UnreadResponse,
  SignedRequest,
  SignerOptions,
} from "@lacre/core";

/** Signs requests and checks answers, with whatever cryptography the platform has. */
export interface RequestSigner {
  /** @param atMs the moment of the signature, in milliseconds since 1970 */
  sign(request: RequestToSign, atMs: number): SignedRequest | Promise<SignedRequest>;
  /** The field that carries the signature of an answer, in lower case; undefined where answers are not signed. */
  readonly responseField: string | undefined;
  /** @throws ResponseRefusal */
  check(signed: SignedRequest, response: ResponseToCheck | UnreadResponse): Promise<ResponseClaims>;
}

/** What differs between Node and the rest of the world. */
export interface Platform {
  /** The globals that it signs with. */
  readonly needs: readonly string[];
  /** @throws ConfigurationError for an AppId or a key that cannot be used */
  signerOf(options: SignerOptions): RequestSigner;
  /** The SHA-256 of a blob's bytes; in Node without holding them in memory. */
  sha256Of(blob: Blob): Promise<Uint8Array>;
}
