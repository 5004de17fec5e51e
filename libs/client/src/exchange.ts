import { platform } from "#platform";
import type { RequestToSign, ResponseClaims, SignedRequest } from "@lacre/core";
import { ResponseRefusal, type OptionSpecs } from "@lacre/core/portable";
import { tooLarge } from "./bounded-content.js";
import { ClockOffsets } from "./clock-offsets.js";
import { valueOf } from "./header-lines.js";
import { readClientOptions, type ClientOptions, type ClientSettings } from "./options.js";
import type { RequestSigner } from "./request-signer.js";

/** An answer as some HTTP library has it. */
export interface Answer {
  readonly status: number;
  /** Every header line, as names and values. */
  readonly headers: Iterable<readonly [string, string]>;
  /**
   * The bytes as they were sent. Asked for once at most, and only where there is a signature to check, whose head was
   * found right.
   * @param limit how many are read: one more is a `tooLarge` error
   */
  content(limit: number): Uint8Array | Promise<Uint8Array>;
}

/** `accept`: the caller gets the answer. `repeat`: the clock has been set; sign and send the same request once more. */
export type Verdict = "accept" | "repeat";

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Idempotent (RFC 9110 §9.2.2), or with a key by which the server recognises a second copy. */
export function mayRunTwice({ method, headers = [] }: RequestToSign): boolean {
  if (IDEMPOTENT.has(method)) return true;
  return has(headers, "idempotency-key");
}

/**
 * What every client does, whatever library it sends with.
 * @param of what takes the options, for messages
 * @param others further options of it, read elsewhere
 * @throws ConfigurationError for a wrong AppId, key or option
 */
export function exchangeOf(options: ClientOptions, of: string, others?: OptionSpecs): Exchange {
  const { signer, settings } = readClientOptions(options, of, others);
  return new Exchange(settings, platform.signerOf(signer));
}

/** Signs each attempt anew by the server's clock, and judges the answer. */
export class Exchange {
  readonly settings: ClientSettings;
  readonly #signer: RequestSigner;
  readonly #clocks: ClockOffsets;

  constructor(settings: ClientSettings, signer: RequestSigner) {
    this.settings = settings;
    this.#signer = signer;
    this.#clocks = new ClockOffsets(settings.clock);
  }

  /**
   * Signs one attempt at a request.
   * @throws Refusal for a request that no server would accept
   */
  async attempt(request: RequestToSign): Promise<Attempt> {
    const { origin } = new URL(request.url);
    const { method, url, target, headers, content } = request; // and nothing else: a signer refuses what it does not know
    const toSign = { method, url, target, headers, content };
    const signedAtMs = this.#clocks.nowMs(origin);
    const signed = await this.#signer.sign(toSign, signedAtMs);
    return new Attempt(request.method, signed, this.settings, {
      field: this.#signer.responseField,
      check: (response) => this.#signer.check(signed, response),
      learn: (seconds, delayMs) => this.#clocks.learn(origin, seconds, signedAtMs, delayMs),
    });
  }
}

interface Judge {
  /** The field that carries the signature of an answer. */
  readonly field: string | undefined;
  check(response: Parameters<RequestSigner["check"]>[1]): Promise<ResponseClaims>;
  learn(serverSeconds: number, delayMs: number): boolean;
}

/** One request, sent once, and the check of its answer. */
export class Attempt {
  readonly #method: string;
  readonly #settings: ClientSettings;
  readonly #judge: Judge;
  readonly #sentAtMs = performance.now();
  readonly signed: SignedRequest;

  constructor(method: string, signed: SignedRequest, settings: ClientSettings, judge: Judge) {
    this.#method = method;
    this.signed = signed;
    this.#settings = settings;
    this.#judge = judge;
  }

  /** Set these on the request; they replace headers of the same names. */
  get headers(): SignedRequest["headers"] {
    return this.signed.headers;
  }

  /**
   * Judges the answer to this attempt.
   * @throws ResponseRefusal for a signature that is missing under `require`, or wrong
   */
  async judge(answer: Answer): Promise<Verdict> {
    const delayMs = performance.now() - this.#sentAtMs;
    if (this.#settings.verifyResponses === "if-present" && !this.#isSigned(answer.headers))
      return "accept";
    const claims = await this.#check(answer);
    return claims?.timestampSeconds !== undefined &&
      answer.status === 401 &&
      blamesClock(answer.headers, claims) &&
      this.#judge.learn(claims.timestampSeconds, delayMs)
      ? "repeat"
      : "accept";
  }

  async #check(answer: Answer): Promise<ResponseClaims | undefined> {
    try {
      return await this.#judge.check({
        method: this.#method,
        status: answer.status,
        headers: answer.headers,
        content: () => this.#contentOf(answer),
      });
    } catch (error) {
      // A server that does not know our key signs its refusal with a key that nobody has. All that is known is the
      // refusal.
      const isForeign = error instanceof ResponseRefusal && error.fault === "signature-mismatch";
      if (this.#settings.verifyResponses === "if-present" && isForeign && isRefusal(answer.status))
        return undefined;
      throw error;
    }
  }

  async #contentOf(answer: Answer): Promise<Uint8Array> {
    const { maxAnswerBytes } = this.#settings;
    const declared = Number(valueOf(answer.headers, "content-length") ?? 0);
    if (declared > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
    const content = await answer.content(maxAnswerBytes);
    if (content.byteLength > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
    return content;
  }

  #isSigned(headers: Answer["headers"]): boolean {
    return this.#judge.field !== undefined && has(headers, this.#judge.field);
  }
}

/** The statuses of refusals that a server signs, whoever made the request. */
const isRefusal = (status: number): boolean => status === 401 || status === 503;

/**
 * Whether the answer says, under its signature, that the clock was the reason. Any other 401 may come
 * after the request has run: from a handler, or as the answer to a second copy.
 */
const blamesClock = (headers: Answer["headers"], { signedHeaders }: ResponseClaims): boolean =>
  signedHeaders.includes(CLOCK_FIELD) && valueOf(headers, CLOCK_FIELD) === "out-of-window";

/** docs/protocol.md section 11, "Setting the clock". */
const CLOCK_FIELD = "lacre-clock";

const has = (headers: Answer["headers"], wanted: string): boolean =>
  valueOf(headers, wanted) !== undefined;
