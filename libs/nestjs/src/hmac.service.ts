import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Inject, Injectable, Logger } from "@nestjs/common";
import {
  acceptedVerdict,
  receive,
  Refusal,
  refusedVerdict,
  Verifier,
  type Authentic,
  type HeaderEntry,
  type Observer,
  type Principal,
  type Scheme,
  type SignableRequest,
} from "@lacre/core";
import { Answers } from "./answers/answers.js";
import { attemptOf, contentOfAttempt, nameOf, noteAttempt, type Attempt } from "./attempt.js";
import { BodyTap } from "./body/body-tap.js";
import { hideTrailers } from "./body/hide-trailers.js";
import { holdAnswer } from "./body/judged-answer.js";
import { HmacException } from "./hmac.exception.js";
import type { HmacSettings } from "./hmac.options.js";
import { HMAC_SETTINGS } from "./hmac.tokens.js";
import { Routes } from "./routes.js";

/** Takes requests from their arrival to their principal, or to the exception that answers them. */
@Injectable()
export class HmacService {
  readonly routes: Routes;
  readonly answers: Answers;
  readonly #settings: HmacSettings;
  readonly #verifier: Verifier;
  readonly #challenge: string;
  readonly #refusalHeaders: readonly HeaderEntry[];
  readonly #logger = new Logger("HmacModule");

  constructor(@Inject(HMAC_SETTINGS) settings: HmacSettings) {
    this.#settings = settings;
    this.#verifier = new Verifier(settings);
    this.#challenge = challengeOf(settings.schemes);
    this.#refusalHeaders = settings.schemes.flatMap(({ refusalHeaders = [] }) => refusalHeaders);
    this.routes = new Routes(settings.schemes);
    for (const { name, weaknesses = [] } of settings.schemes)
      if (weaknesses.length > 0)
        this.#logger.warn(
          `the scheme ${name} is weak. ${weaknesses.join(" ")} Say acknowledgeWeakness: true in its options once that is known to be all right.`,
        );
    this.answers = new Answers(settings, this.routes, this.#logger);
  }

  /** Whether every unmarked route is protected. */
  get guardsAll(): boolean {
    return this.#settings.globalGuard;
  }

  /** Meets a request where it arrives, before anything reads its content. Once for each request. */
  meet(request: IncomingMessage, response: ServerResponse, target: string): Attempt {
    const known = attemptOf(request);
    if (known?.owner === this) return known;
    const attempt: Attempt = {
      owner: this,
      request,
      response,
      ...this.#takeIn(request, target, (refusal) => this.refuse(attempt, refusal)),
      route: this.routes.defaultPolicy,
    };
    noteAttempt(attempt);
    this.answers.meet(attempt);
    return attempt;
  }

  /** Never throws: where a request arrives, nobody would catch it. */
  #takeIn(
    request: IncomingMessage,
    target: string,
    toError: (refusal: Refusal) => Error,
  ): Pick<Attempt, "head" | "tap"> {
    try {
      const head = this.#receive(request, target);
      const scheme = this.#settings.schemes.find((each) => each.recognises(head));
      if (scheme === undefined) return { head, tap: undefined };
      const { maxBodyBytes } = this.#settings;
      return {
        head,
        tap: new BodyTap(request, [scheme.contentUse(head)], maxBodyBytes, toError),
      };
    } catch (cause) {
      const refusal = cause instanceof Refusal ? cause : undefined;
      return {
        head: refusal ?? new Refusal("verifier-failed", undefined, { cause }),
        tap: undefined,
      };
    }
  }

  #receive(request: IncomingMessage, target: string): SignableRequest {
    const { method = "", rawHeaders, socket } = request;
    return receive(
      {
        method,
        target,
        rawHeaders,
        authority: (request as { authority?: string }).authority || undefined,
        secure: (socket as { encrypted?: boolean } | undefined)?.encrypted === true,
        fromTrustedProxy: this.#settings.isTrustedProxy(socket?.remoteAddress),
      },
      this.#settings.front,
    );
  }

  /** The first half: who made the request's head. Throws a `Refusal`. */
  async authenticate(attempt: Attempt): Promise<Authentic> {
    if (attempt.head instanceof Refusal) throw attempt.head;
    attempt.authentic ??= this.#prove(attempt, attempt.head);
    return attempt.authentic;
  }

  async #prove(attempt: Attempt, head: SignableRequest): Promise<Authentic> {
    attempt.proof = await this.#verifier.authenticate(head, contentOfAttempt(attempt));
    return attempt.proof;
  }

  /**
   * Both halves, under the rules of the request's route. However many guards ask, the request is judged once.
   * @throws HmacException 401, 403, 413 or 503
   */
  async verify(attempt: Attempt): Promise<Principal> {
    attempt.admitted ??= this.#admit(attempt);
    return attempt.admitted;
  }

  async #admit(attempt: Attempt): Promise<Principal> {
    try {
      const authentic = await this.authenticate(attempt);
      const principal = await this.#verifier.admit(
        authentic,
        contentOfAttempt(attempt),
        attempt.route,
      );
      attempt.principal = principal;
      hideTrailers(attempt.request);
      if (attempt.route.stream && attempt.tap !== undefined)
        holdAnswer(attempt.response, attempt.tap, (refusal) => this.refuse(attempt, refusal));
      const { observer } = this.#settings;
      if (observer !== undefined)
        this.#tell(observer, () =>
          acceptedVerdict(principal, authentic.canonicalRequest, observer),
        );
      return principal;
    } catch (error) {
      throw this.refuse(attempt, error);
    }
  }

  /** Turns whatever stopped a request into its answer, and into a line of the log. Once for each request. */
  refuse(attempt: Attempt, error: unknown): HmacException {
    const exception = (attempt.exception ??= this.#answer(attempt, error));
    this.#setHeaders(attempt, exception);
    return exception;
  }

  #answer(attempt: Attempt, error: unknown): HmacException {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal("verifier-failed", undefined, { cause: error });
    const requestId = randomUUID();
    this.#report(attempt, refusal, requestId);
    const { canonicalRequest } = refusal.progress();
    return new HmacException(
      refusal,
      requestId,
      this.#settings.respondDiagnostics
        ? {
            code: refusal.code,
            detail: refusal.message,
            ...(canonicalRequest !== undefined && { canonicalRequest }),
          }
        : undefined,
    );
  }

  #setHeaders({ response, proof }: Attempt, { refusal, requestId }: HmacException): void {
    if (response.headersSent) return;
    response.setHeader("X-Request-Id", requestId);
    response.setHeader("Cache-Control", "no-store, no-transform");
    // The URL may be a presigned one, readable or not.
    response.setHeader("Referrer-Policy", "no-referrer");
    if (refusal.status === 401) {
      const own = proof && this.#ownChallenge(proof, refusal);
      response.setHeader("WWW-Authenticate", own ?? this.#challenge);
      for (const [name, value] of this.#refusalHeaders) response.setHeader(name, value);
    }
    if (refusal.status === 503)
      response.setHeader("Retry-After", String(this.#settings.window.futureSkewSeconds + 1));
  }

  /** What a scheme has to say to the holder of a key alone, such as the time. */
  #ownChallenge(proof: Authentic, { code }: Refusal): string | undefined {
    const { schemes, clock } = this.#settings;
    const scheme = schemes.find(({ name }) => name === proof.claims.scheme);
    return scheme?.challenge?.(code, proof, Math.floor(clock.nowMs() / 1000));
  }

  #report(attempt: Attempt, refusal: Refusal, requestId: string): void {
    const observer: Observer = this.#settings.observer ?? { observe: () => undefined };
    const verdict = refusedVerdict(refusal, observer, requestId);
    this.#logger.warn(
      `refused ${refusal.status} ${refusal.message} (${nameOf(attempt)}, request ${requestId}` +
        `${verdict.appId === undefined ? "" : `, app ${verdict.appId}`}` +
        `${verdict.keyFingerprints === undefined ? "" : `, tried key ${verdict.keyFingerprints.join(" and ")}`}` +
        `${verdict.canonicalSha256 === undefined ? "" : `, canonical sha256 ${verdict.canonicalSha256}`})`,
    );
    // In an outage every request has a cause: a stack for each would drown what matters.
    const { cause } = refusal;
    if (refusal.code === "verifier-failed" && cause instanceof Error)
      this.#logger.error(cause.stack ?? cause.message);
    else if (cause !== undefined)
      this.#logger.warn(
        `request ${requestId}: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    this.#tell(observer, () => verdict);
  }

  #tell(observer: Observer, verdict: () => Parameters<Observer["observe"]>[0]): void {
    try {
      observer.observe(verdict());
    } catch (error) {
      this.#logger.error(`the observer threw: ${String(error)}`);
    }
  }
}

/** RFC 9110 §15.5.2: a 401 names at least one way in, even where the schemes have no word for it. */
function challengeOf(schemes: readonly Scheme[]): string {
  const words = schemes.flatMap(({ challenges }) => challenges);
  return (words.length > 0 ? words : schemes.map(({ name }) => name)).join(", ");
}
