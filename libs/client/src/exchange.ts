import { platform } from "#platform";
import type { RequestToSign, ResponseClaims, SignedRequest, SignerOptions } from "@lacre/core";
import { ResponseRefusal, type OptionSpecs } from "@lacre/core/portable";
import { refuseBareGround } from "./bare-ground.js";
import { ClockOffsets, type Arrival } from "./clock-offsets.js";
import { tooLarge } from "./answers/content-buffer.js";
import { valueOf } from "./header-lines.js";
import { KeyRing, MAX_KEYS, type KeysOption } from "./key-ring.js";
import { readClientOptions, type ClientOptions, type ClientSettings } from "./options.js";
import { toldOf } from "./answers/refused-answer.js";
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
   * @param declared how many the answer says there are, if it says so
   */
  content(limit: number, declared?: number): Uint8Array | Promise<Uint8Array>;
  /**
   * The same content as it comes, for an answer that is refused: a few bytes are read, and waited for shortly. In place of
   * `content`. undefined where the library gives it in no such way.
   */
  beginning?(): AsyncIterable<Uint8Array> | undefined;
}

/** `accept`: the caller gets the answer. `repeat`: the clock was set, or the key changed; sign and send it once more. */
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
  refuseBareGround(of, platform.needs);
  const { signer, keys, settings } = readClientOptions(options, of, others);
  return new Exchange(settings, ringOf(signer, keys));
}

/** The keys of a client. @throws ConfigurationError for an AppId or a key that cannot be used */
export const ringOf = (signer: Omit<SignerOptions, "apiKey">, keys: KeysOption): KeyRing =>
  new KeyRing(keys, (apiKey) => platform.signerOf({ ...signer, apiKey }));

/** Signs each attempt anew by the server's clock, and judges the answer. */
export class Exchange {
  readonly settings: ClientSettings;
  readonly #ring: KeyRing;
  readonly #clocks: ClockOffsets;

  readonly #repeats: boolean;

  /** @param repeats whether whoever sends follows a `repeat` */
  constructor(settings: ClientSettings, ring: KeyRing, repeats = true) {
    this.#repeats = repeats;
    this.settings = settings;
    this.#ring = ring;
    this.#clocks = new ClockOffsets(settings.clock);
  }

  /**
   * Signs one attempt at a request.
   * @param before the attempt before, at the same request
   * @throws Refusal for a request that no server would accept
   */
  async attempt(request: RequestToSign, before?: Attempt): Promise<Attempt> {
    const { origin } = new URL(request.url);
    const course = before?.course ?? { tried: new Set(), isClockSet: false, next: undefined };
    const signer = (course.next ??
      (await this.#ring.choose(course.tried)) ??
      (await this.#ring.choose(NONE))) as RequestSigner;
    course.next = undefined;
    const { method, url, target, headers, content } = request; // and nothing else: a signer refuses what it does not know
    const toSign = { method, url, target, headers, content };
    const signedAtMs = this.#clocks.nowMs(origin);
    const signed = await signer.sign(toSign, signedAtMs);
    return new Attempt(toSign, signed, course, this.settings, {
      field: signer.responseField,
      check: (response) => signer.check(signed, response),
      learn: (seconds, arrival) => this.#clocks.learn(origin, seconds, signedAtMs, arrival),
      keep: () => this.#ring.keep(signer),
      findKey: () => this.#findKey(request, signer, course),
    });
  }

  /** After a 401 of which nobody knows who made it: whether the same request is to be sent with another key. */
  async #findKey(request: RequestToSign, signer: RequestSigner, course: Course): Promise<boolean> {
    if (!this.#repeats || !mayRunTwice(request)) {
      this.#ring.passOver(signer); // the next request tries it
      return false;
    }
    course.tried.add(signer);
    if (course.tried.size < MAX_KEYS) course.next = await this.#ring.choose(course.tried);
    return course.next !== undefined;
  }
}

const NONE: ReadonlySet<RequestSigner> = new Set();

/** What the attempts at one request have in common. */
interface Course {
  /** What was signed with, and was not known to the server. */
  readonly tried: Set<RequestSigner>;
  /** The clock is set once for a request. */
  isClockSet: boolean;
  /** What the next attempt is signed with. */
  next: RequestSigner | undefined;
}

interface Judge {
  /** The field that carries the signature of an answer. */
  readonly field: string | undefined;
  check(response: Parameters<RequestSigner["check"]>[1]): Promise<ResponseClaims>;
  learn(serverSeconds: number, arrival: Arrival): boolean;
  /** The server knows the key. */
  keep(): void;
  /** Whether there is another key to send the same request with. */
  findKey(): Promise<boolean>;
}

/** One request, sent once, and the check of its answer. */
export class Attempt {
  readonly #request: RequestToSign;
  readonly #settings: ClientSettings;
  readonly #judge: Judge;
  readonly #sentAtMs = performance.now();
  readonly #signed: SignedRequest;
  readonly course: Course;

  constructor(
    request: RequestToSign,
    signed: SignedRequest,
    course: Course,
    settings: ClientSettings,
    judge: Judge,
  ) {
    this.#request = request;
    this.#signed = signed;
    this.course = course;
    this.#settings = settings;
    this.#judge = judge;
  }

  /** Not a property of its own: errors show the attempt where they show the options of got. */
  get signed(): SignedRequest {
    return this.#signed;
  }

  /** Set these on the request; they replace headers of the same names. */
  get headers(): SignedRequest["headers"] {
    return this.#signed.headers;
  }

  /**
   * Judges the answer to this attempt.
   * @throws ResponseRefusal for a signature that is missing under `require`, or wrong
   */
  async judge(answer: Answer): Promise<Verdict> {
    try {
      return await this.#verdict(answer);
    } catch (error) {
      throw await toldOf(error, this.#request, answer);
    }
  }

  /** How many bytes of an answer with these header lines are wanted at most: where it is not to be checked, all. */
  limitOf(headers: Answer["headers"]): number {
    const { verifyResponses, maxAnswerBytes } = this.#settings;
    return verifyResponses === "require" || this.#isSigned(headers) ? maxAnswerBytes : Infinity;
  }

  async #verdict(answer: Answer): Promise<Verdict> {
    // Before the content is read, which can take long.
    const arrival: Arrival = {
      ownMs: this.#settings.clock.nowMs(),
      delayMs: performance.now() - this.#sentAtMs,
    };
    const { status, headers } = answer;
    const isRequired = this.#settings.verifyResponses === "require";
    if (!isRequired && !this.#isSigned(headers)) return this.#judgeUnsigned(status);
    let claims: ResponseClaims;
    try {
      claims = await this.#check(answer);
    } catch (error) {
      // A server that does not know our key signs its refusal with a key that nobody has. All that is known is the
      // refusal.
      const isForeign = error instanceof ResponseRefusal && error.fault === "signature-mismatch";
      if (!isForeign || !isRefusal(status)) throw error;
      if (status === 401 && (await this.#judge.findKey())) return "repeat";
      if (isRequired) throw error;
      return "accept";
    }
    this.#judge.keep();
    const { timestampSeconds } = claims;
    if (timestampSeconds === undefined || status !== 401 || !blamesClock(headers, claims))
      return "accept";
    if (!this.#judge.learn(timestampSeconds, arrival) || this.course.isClockSet) return "accept";
    this.course.isClockSet = true;
    return "repeat";
  }

  async #judgeUnsigned(status: number): Promise<Verdict> {
    if (status === 401) return (await this.#judge.findKey()) ? "repeat" : "accept";
    if (status < 400) this.#judge.keep();
    return "accept";
  }

  async #check(answer: Answer): Promise<ResponseClaims> {
    return this.#judge.check({
      method: this.#request.method,
      status: answer.status,
      headers: answer.headers,
      content: () => this.#contentOf(answer),
    });
  }

  async #contentOf(answer: Answer): Promise<Uint8Array> {
    const { maxAnswerBytes } = this.#settings;
    const length = valueOf(answer.headers, "content-length");
    const declared = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
    if (declared !== undefined && declared > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
    const content = await answer.content(maxAnswerBytes, declared);
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
