import { hash } from "node:crypto";
import { APP_ID_CURE, isAppId } from "../apps/app-id.js";
import { DEFAULT_SCHEME } from "../apps/default-scheme.js";
import { checkResponse, type ResponseToCheck, type UnreadResponse } from "../check-response.js";
import type { MacAlgorithm } from "../crypto/algorithms.js";
import { readApiKey } from "../crypto/api-key.js";
import { readKeyAlgorithm } from "../crypto/key-algorithm.js";
import type { KeyEncoding } from "../crypto/encoding.js";
import { keyOptionError, readKeyEncoding } from "../crypto/key-fault.js";
import { areEqualMacs } from "../crypto/equal-texts.js";
import type { Secret } from "../crypto/secret.js";
import { ConfigurationError } from "../errors.js";
import { port } from "../option-kinds.js";
import { refuseStranger } from "../options.js";
import { systemClock, type Clock } from "../ports/clock.js";
import { draftRequest, momentAt, refuseReadOnly } from "./draft-request.js";
import { readNamedHeaders } from "./named-headers.js";
import { prepareRequest, signedHead } from "./prepare.js";
import { checkUrlToPresign, type RequestToSign } from "./request-to-sign.js";
import { refuseOpenOverrides } from "../stages/read-claims.js";
import { readScheme, type SchemeOption } from "../scheme-registry.js";
import type { Signatory } from "../scheme/draft.js";
import type { AnsweredRequest, HeaderEntry, ResponseClaims } from "../scheme/response-scheme.js";
import type { Scheme } from "../scheme/scheme.js";

/** Who signs, and how. */
export interface SignerOptions {
  readonly appId: string;
  /** The ApiKey's text. */
  readonly apiKey: string;
  /** How the text is written; `lk1` unless said otherwise. */
  readonly encoding?: KeyEncoding | undefined;
  /** `sha256` unless said otherwise, or the only one that the scheme has. */
  readonly algorithm?: MacAlgorithm | undefined;
  /** `lacre1` unless said otherwise. */
  readonly scheme?: SchemeOption | undefined;
  /**
   * Headers to sign where a request has them, although senders leave them unsigned: `user-agent`, `x-request-id` and
   * what else docs/protocol.md section 4 lists. None unless said. No proxy may change them on the way.
   */
  readonly signedHeaders?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
}

/** The outcome of signing. Its `head` and `claims`, with the MAC, are what an answer is held against. */
export interface SignedRequest extends AnsweredRequest {
  /** To be set on the request, replacing what is there under these names. */
  readonly headers: readonly HeaderEntry[];
  readonly canonicalRequest: string;
}

/** What else may be said of a signature. */
export interface SigningTerms {
  /** What makes the request one of its kind, such as a webhook's id; drawn unless given. */
  readonly id?: string | undefined;
  /**
   * Signers of the same scheme and app with further keys, such as the one before during a rotation. Each adds its
   * signature, up to `mostSignatures`.
   */
  readonly others?: readonly Signer[] | undefined;
}

/** A URL to be signed, and what is to become of it. */
export interface UrlToPresign extends Omit<RequestToSign, "method" | "headers" | "content"> {
  /** The headers that whoever uses it must send. All are signed but those that may not be. */
  readonly headers?: RequestToSign["headers"] | undefined;
  /** `GET` unless said otherwise; a URL is good for one method. */
  readonly method?: "GET" | "HEAD" | undefined;
  /** For how long it is good, in whole seconds. */
  readonly expiresSeconds: number;
  /** Whether it is good once. A link scanner can use it up. False unless said otherwise. */
  readonly singleUse?: boolean | undefined;
}

/** A URL that carries its own credentials. */
export interface PresignedUrl {
  readonly url: string;
  readonly canonicalRequest: string;
}

/** Signs requests for one app, and checks their answers. Keeps nothing between two requests. */
export class Signer {
  readonly #scheme: Scheme;
  readonly #signatory: Signatory;
  readonly #secret: Secret;
  readonly #isNamed: (name: string) => boolean;
  readonly #clock: Clock;

  /** @throws ConfigurationError for an AppId, a key or a scheme that cannot be used */
  constructor(options: SignerOptions) {
    refuseStrangers(options);
    const {
      appId,
      apiKey,
      encoding,
      algorithm,
      scheme = DEFAULT_SCHEME,
      signedHeaders,
      clock = systemClock,
    } = options;
    if (!isAppId(appId)) throw new ConfigurationError("appId", "is not an AppId.", APP_ID_CURE);
    const chosen = readScheme(scheme, "scheme");
    refuseReadOnly(chosen);
    const keyEncoding = readKeyEncoding(encoding, chosen);
    try {
      this.#secret = readApiKey(apiKey, keyEncoding, chosen.keyLength);
    } catch (error) {
      throw keyOptionError(error, "apiKey");
    }
    this.#signatory = { appId, algorithm: readKeyAlgorithm(algorithm, chosen) };
    this.#scheme = chosen;
    this.#isNamed = readNamedHeaders(signedHeaders);
    this.#clock = CLOCK.read(clock, "clock");
  }

  /** The field that carries the signature of an answer, in lower case; undefined where the scheme signs none. */
  get responseField(): string | undefined {
    return this.#scheme.responses?.field;
  }

  /** How many signatures, each by a key of its own, one request of the scheme can carry: 1 for most. */
  get mostSignatures(): number {
    return this.#scheme.header.mostMacs ?? 1;
  }

  /**
   * Signs a request anew: every call has its own timestamp and nonce. Set the headers that come back, replacing
   * those of the same name, and change nothing after that.
   * @param atMs the moment of the signature, where it is not the clock's
   * @param more what a message that is sent again keeps, and further keys
   * @throws Refusal for a request that no server would accept: a header twice, a value outside US-ASCII, …
   * @throws RangeError for more keys than `mostSignatures`
   */
  sign(request: RequestToSign, atMs = this.#clock.nowMs(), more: SigningTerms = {}): SignedRequest {
    const { others = [], id } = more;
    if (others.length >= this.mostSignatures && others.length > 0)
      throw new RangeError(`${this.#scheme.name} has no room for ${others.length + 1} signatures`);
    const moment = momentAt(atMs, id);
    const { prepared, draft } = draftRequest(
      this.#scheme,
      request,
      this.#signatory,
      moment,
      this.#isNamed,
    );
    const mac = this.#secret.macBy(draft.claims.recipe, draft.canonicalRequest);
    const otherMacs = others.map((other) =>
      other.#secret.macBy(draft.claims.recipe, draft.canonicalRequest),
    );
    const { headers } = draft.signedWith(mac, ...otherMacs);
    return {
      headers,
      // For the check of an answer, which need not come.
      get head() {
        return signedHead(prepared, headers);
      },
      canonicalRequest: draft.canonicalRequest,
      claims: { ...draft.claims, mac },
    };
  }

  /**
   * Makes a URL that authorises one GET or HEAD by itself, for some time (docs/protocol.md section 12). Whoever has it
   * can use it: hand it out like a password.
   * @throws Refusal as `sign`; ConfigurationError where the scheme has no such URLs
   */
  presign(request: UrlToPresign): PresignedUrl {
    checkUrlToPresign(request);
    const { expiresSeconds, singleUse = false, method = "GET" } = request;
    const { presigned } = this.#scheme;
    if (presigned === undefined)
      throw new ConfigurationError(
        "scheme",
        `${this.#scheme.name} has no presigned URLs.`,
        "Use a scheme that has them.",
      );
    const prepared = prepareRequest({ ...request, method }, undefined, () => true);
    const moment = { ...momentAt(this.#clock.nowMs()), expiresSeconds, singleUse };
    const draft = presigned.write(prepared, this.#signatory, moment);
    refuseOpenOverrides(prepared.headers, draft.claims.signedHeaders);
    const mac = this.#secret.macBy(draft.claims.recipe, draft.canonicalRequest);
    const { target = prepared.target } = draft.signedWith(mac);
    return {
      url: new URL(request.url).origin + target,
      canonicalRequest: draft.canonicalRequest,
    };
  }

  /**
   * Checks that an answer was made by the server, for this very request, and arrived as it was sent.
   * @throws ResponseRefusal
   */
  async check(
    signed: SignedRequest,
    response: ResponseToCheck | UnreadResponse,
  ): Promise<ResponseClaims> {
    return checkResponse(this.#scheme, signed, response, {
      isMac: (recipe, text, claimed) => areEqualMacs(this.#secret.macBy(recipe, text), claimed),
      digest: (bytes, hashName, encoding) => hash(hashName, bytes, encoding),
    });
  }
}

const CLOCK = port<Clock>(["nowMs"], { default: systemClock });

/** A misspelt option would go unnoticed. */
function refuseStrangers(options: SignerOptions): void {
  const given: unknown = options;
  if (typeof given !== "object" || given === null)
    throw new ConfigurationError("Signer", "must be given options.", "Give appId and apiKey.");
  refuseStranger(OPTION_NAMES, given, "Signer", "");
}

const OPTION_NAMES: readonly string[] = [
  "appId",
  "apiKey",
  "encoding",
  "algorithm",
  "scheme",
  "signedHeaders",
  "clock",
] satisfies (keyof SignerOptions)[];
