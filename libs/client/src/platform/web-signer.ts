import type { webcrypto } from "node:crypto";
import type {
  MacAlgorithm,
  RequestToSign,
  Scheme,
  SignedRequest,
  SignerOptions,
} from "@lacre/core";
import {
  APP_ID_CURE,
  checkResponse,
  ConfigurationError,
  decodeStrictly,
  encodeBytes,
  isAppId,
  keyOptionError,
  lacre1,
  prepareRequest,
  readKeyBytes,
  readKeyEncoding,
  readNamedHeaders,
  secondOf,
  signedHead,
  type ResponseToCheck,
  type UnreadResponse,
} from "@lacre/core/portable";
import type { RequestSigner } from "../request-signer.js";

/** The names of Web Crypto. */
const HASHES: Readonly<Partial<Record<MacAlgorithm, string>>> = {
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

const DIGESTS = { sha256: "SHA-256", sha512: "SHA-512" } as const;

/** Signs with Web Crypto (`crypto.subtle`), for one app. LACRE1 alone. */
export class WebSigner implements RequestSigner {
  readonly responseField = lacre1.responses.field;
  readonly #appId: string;
  readonly #algorithm: MacAlgorithm;
  readonly #isNamed: (name: string) => boolean;
  /** Not extractable: the bytes cannot be read back. */
  readonly #key: Promise<webcrypto.CryptoKey>;

  /** @throws ConfigurationError for an AppId or a key that cannot be used */
  constructor(options: SignerOptions) {
    const { appId, apiKey, encoding, algorithm = "sha256", scheme = lacre1 } = options;
    if (!isAppId(appId)) throw new ConfigurationError("appId", "is not an AppId.", APP_ID_CURE);
    if (scheme !== lacre1.name && (scheme as Partial<Scheme> | null)?.name !== lacre1.name)
      throw new ConfigurationError("scheme", "is not to be had without Node.", 'Use "lacre1".');
    if (!Object.hasOwn(HASHES, algorithm))
      throw new ConfigurationError("algorithm", "is not known.", "Use sha256, sha384 or sha512.");
    this.#appId = appId;
    this.#isNamed = readNamedHeaders(options.signedHeaders);
    this.#algorithm = algorithm;
    this.#key = crypto.subtle.importKey(
      "raw",
      keyBytes(apiKey, encoding),
      { name: "HMAC", hash: HASHES[algorithm] },
      false,
      ["sign", "verify"],
    );
  }

  async sign(request: RequestToSign, atMs: number): Promise<SignedRequest> {
    const digest = await sha256(request.content);
    const prepared = prepareRequest(
      request,
      digest && ((encoding) => encodeBytes(digest, encoding)),
      this.#isNamed,
    );
    const draft = lacre1.header.write(
      prepared,
      { appId: this.#appId, algorithm: this.#algorithm },
      { timestampSeconds: secondOf(atMs), nonce: crypto.randomUUID() },
    );
    const mac = encodeBytes(
      new Uint8Array(
        await crypto.subtle.sign("HMAC", await this.#key, utf8(draft.canonicalRequest)),
      ),
      "hex",
    );
    const { headers } = draft.signedWith(mac);
    return {
      headers,
      head: signedHead(prepared, headers),
      canonicalRequest: draft.canonicalRequest,
      claims: { ...draft.claims, mac },
    };
  }

  async check(
    signed: SignedRequest,
    response: ResponseToCheck | UnreadResponse,
  ): ReturnType<RequestSigner["check"]> {
    return checkResponse(lacre1, signed, response, {
      isMac: async (_recipe, text, claimed) =>
        crypto.subtle.verify("HMAC", await this.#key, bytesOfHex(claimed), utf8(text)),
      digest: async (bytes, algorithm, encoding) =>
        encodeBytes(
          new Uint8Array(
            await crypto.subtle.digest(DIGESTS[algorithm], bytes as webcrypto.BufferSource),
          ),
          encoding,
        ),
    });
  }
}

function keyBytes(apiKey: string, encoding: SignerOptions["encoding"]): Uint8Array<ArrayBuffer> {
  const keyEncoding = readKeyEncoding(encoding, lacre1);
  try {
    return new Uint8Array(readKeyBytes(apiKey, keyEncoding));
  } catch (error) {
    throw keyOptionError(error, "apiKey");
  }
}

async function sha256(content: RequestToSign["content"]): Promise<Uint8Array | undefined> {
  if (content === undefined) return undefined;
  if ("sha256" in content) return content.sha256;
  if (content.byteLength === 0) return undefined;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content as webcrypto.BufferSource));
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const bytesOfHex = (hex: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(decodeStrictly(hex, "hex") ?? []);
