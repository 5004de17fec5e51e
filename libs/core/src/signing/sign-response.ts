import { hash, randomBytes } from "node:crypto";
import { Secret } from "../crypto/secret.js";
import type { Authentic, Claims } from "../flow.js";
import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { secondOf, systemClock, type Clock } from "../ports/clock.js";
import type { AnsweredRequest, HeaderEntry, ResponseScheme, Scheme } from "../scheme/scheme.js";

/** A response in the form in which it will be sent. */
export interface ResponseToSign {
  readonly status: number;
  /** The headers that will be sent. */
  readonly headers: Iterable<readonly [string, string]>;
  /** The bytes that will be sent; none for answers to HEAD, 204 and 304. */
  readonly content?: Uint8Array;
  /** Which headers to sign beside those that must be, in lower case. */
  readonly signedHeaders?: readonly string[];
}

/** Signs responses under the key that made their request (docs/protocol.md section 11). */
export class ResponseSigner {
  /** The schemes that sign responses. */
  readonly #responding: readonly Scheme[];
  readonly #clock: Clock;
  /** Answers whom no key is known of: nobody can check it, and nobody can tell. */
  readonly #nobodysKey = new Secret(randomBytes(32));

  constructor(schemes: readonly Scheme[], clock: Clock = systemClock) {
    this.#responding = schemes.filter(({ responses }) => responses !== undefined);
    this.#clock = clock;
  }

  /** Whether an answer to this request can be signed: its scheme signs answers, and it is no presigned URL. */
  canSign(proof: Authentic): boolean {
    return proof.claims.presigned === undefined && this.schemeOf(proof) !== undefined;
  }

  /** How answers to this request are signed. */
  schemeOf({ claims }: Authentic): ResponseScheme | undefined {
    return this.#responding.find(({ name }) => name === claims.scheme)?.responses;
  }

  /**
   * How answers to a request whose MAC was not right are signed.
   * @param names the schemes of the route, of which a right request would have been answered in one; any unless given
   */
  feignedSchemeOf(
    request: SignableRequest | undefined,
    names?: readonly string[],
  ): ResponseScheme | undefined {
    return this.#schemeFor(request ?? NOTHING, names)?.responses;
  }

  /**
   * The headers to set on an answer, replacing what is there under these names.
   * @throws Refusal for an answer that no client would believe: a header to be signed twice, a value outside US-ASCII
   */
  sign(proof: Authentic, response: ResponseToSign): readonly HeaderEntry[] {
    const scheme = this.schemeOf(proof);
    const { head, claims, key } = proof;
    return scheme === undefined
      ? []
      : signWith(scheme, { head, claims }, key.secret, this.#nowSeconds(), response);
  }

  /**
   * The same headers under a key that nobody has, for an answer to a request whose MAC was not right: whoever has not
   * the key of the app cannot tell the two apart.
   * @param names the schemes of the route, of which a right request would have been answered in one; any unless given
   */
  feign(
    request: SignableRequest | undefined,
    response: ResponseToSign,
    names?: readonly string[],
  ): readonly HeaderEntry[] {
    const head = request ?? NOTHING;
    const scheme = this.#schemeFor(head, names);
    if (scheme?.responses === undefined) return [];
    const answered = { head, claims: claimsOf(scheme, head) };
    return signWith(scheme.responses, answered, this.#nobodysKey, this.#nowSeconds(), response);
  }

  #schemeFor(head: SignableRequest, names?: readonly string[]): Scheme | undefined {
    const takers = this.#responding.filter(({ name }) => names?.includes(name) ?? true);
    return (
      takers.find((each) => each.recognises(head)) ??
      this.#responding.find((each) => each.recognises(head)) ??
      this.#responding[0]
    );
  }

  #nowSeconds(): number {
    return secondOf(this.#clock.nowMs());
  }
}

/** What the request claims, so that it is answered in the same algorithm as a right one would be. */
function claimsOf(scheme: Scheme, head: SignableRequest): Claims {
  try {
    return scheme.parse(head);
  } catch {
    return NOBODY;
  }
}

function signWith(
  scheme: ResponseScheme,
  request: AnsweredRequest,
  secret: Secret,
  nowSeconds: number,
  { status, headers, content, signedHeaders = [] }: ResponseToSign,
): readonly HeaderEntry[] {
  const draft = scheme.draft(
    {
      status,
      headers: HeaderLines.fromEntries(headers),
      content,
      contentSha256:
        content === undefined || content.byteLength === 0
          ? undefined
          : (encoding) => hash("sha256", content, encoding),
      signedHeaders,
    },
    request,
    nowSeconds,
  );
  return draft.headersWith(
    secret.mac(
      request.claims.algorithm,
      Buffer.from(draft.canonicalResponse, "latin1"),
      scheme.macEncoding,
    ),
  );
}

/** The head of a request that could not be read. */
const NOTHING: SignableRequest = {
  method: "",
  target: "",
  host: "",
  authority: "",
  urlScheme: "https",
  headers: HeaderLines.fromRaw([]),
};
const NOBODY: Claims = {
  scheme: "",
  appId: "",
  algorithm: "sha256",
  timestampSeconds: 0,
  nonce: "",
  signedHeaders: [],
  mac: "",
  content: { kind: "none" },
};
