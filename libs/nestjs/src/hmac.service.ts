import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Inject, Injectable, Logger, type OnApplicationShutdown } from "@nestjs/common";
import { DiscoveryService } from "@nestjs/core";
import {
  acceptedVerdict,
  type Authentic,
  callObserver,
  type HeaderEntry,
  type NonceNeeds,
  type Observer,
  type Principal,
  receive,
  Refusal,
  refusedVerdict,
  rivalsAmong,
  type RoutePolicy,
  SafeLogger,
  type Scheme,
  type SignableRequest,
  type Verification,
  Verifier,
} from "@lacre/core";
import { Answers } from "./answers/answers.js";
import {
  attemptOf,
  contentOf,
  nameOf,
  noteAttempt,
  type Attempt,
  type Refused,
} from "./attempt.js";
import { BodyTap, hideTrailers, holdAnswer, RefusalLog } from "@lacre/node";
import { HmacException } from "./hmac.exception.js";
import type { HmacSettings } from "./hmac.options.js";
import { HMAC_SETTINGS } from "./hmac.tokens.js";
import { handlersOf } from "./handlers.js";
import { Routes } from "./routes.js";

/** Takes requests from their arrival to their principal, or to the exception that answers them. */
@Injectable()
export class HmacService implements OnApplicationShutdown {
  readonly routes: Routes;
  readonly answers: Answers;
  readonly #settings: HmacSettings;
  readonly #verifier: Verifier;
  readonly #challenge: string;
  readonly #refusalHeaders: readonly HeaderEntry[];
  readonly #logger = new SafeLogger(new Logger("HmacModule"));
  readonly #log = new RefusalLog(this.#logger);

  constructor(
    @Inject(HMAC_SETTINGS) settings: HmacSettings,
    @Inject(DiscoveryService) discovery: DiscoveryService,
  ) {
    this.#settings = settings;
    this.#challenge = challengeOf(settings.schemes);
    this.#refusalHeaders = refusalHeadersOf(settings.schemes);
    this.routes = new Routes(settings);
    for (const { name, weaknesses = [] } of settings.schemes)
      if (weaknesses.length > 0)
        this.#logger.warn(
          `the scheme ${name} is weak. ${weaknesses.join(" ")} Say acknowledgeWeakness: true in its options once that is known to be all right.`,
        );
    this.answers = new Answers(settings, this.routes, this.#logger);
    // All rules are read before the first request, so that a bad one stops the start.
    for (const { controller, handler } of handlersOf(discovery)) {
      this.routes.ruleOf(controller, handler);
      this.answers.rules.ruleOf(controller, handler);
    }
    this.#warnOfRivals();
    if (process.env.NODE_ENV === "production" && settings.nonces.isShared !== true)
      this.#logger.warn(
        "nonces are remembered by this process alone: with another one, a request could run in each. Give nonces a store that all of them share, or run one.",
      );
    this.#verifier = new Verifier({ ...settings, routes: this.routes.policies });
  }

  /** A route that takes two schemes which read one header takes no request of either. */
  #warnOfRivals(): void {
    const lists = new Map(this.routes.policies.map(({ schemes }) => [schemes.join(", "), schemes]));
    for (const [list, names] of lists) {
      const rivals = rivalsAmong(this.#settings.schemes.filter(({ name }) => names.includes(name)));
      if (rivals === undefined) continue;
      const [one, other] = rivals;
      this.#logger.warn(
        `a route takes the schemes ${list}, of which ${one.name} and ${other.name} read the same credentials: their requests are refused as credentials-repeated. Give each a route of its own.`,
      );
    }
  }

  /** What the nonce store must know before its first claim. */
  get needs(): NonceNeeds {
    return this.#verifier.needs;
  }

  /**
   * Tries whether nonces can be claimed now.
   * @throws what the store throws
   */
  async probeNonces(): Promise<void> {
    await this.#verifier.probeNonces();
  }

  /** For how many seconds more requests that are signed now are refused, because the memory of nonces is too young. */
  get fencedForSeconds(): number {
    return this.#verifier.fencedForSeconds;
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
      ...this.#takeIn(request, target, (refusal) => this.refuse(attempt, refusal, attempt.route)),
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
  ): Pick<Attempt, "head" | "tap" | "verification"> {
    try {
      const head = this.#receive(request, target);
      const uses = this.#verifier.contentUses(head);
      const tap =
        uses.length === 0
          ? undefined
          : new BodyTap(request, uses, this.routes.largestBodyBytes, toError);
      return { head, tap, verification: this.#verifier.begin(head, contentOf(tap)) };
    } catch (cause) {
      const head =
        cause instanceof Refusal ? cause : new Refusal("verifier-failed", undefined, { cause });
      return { head, tap: undefined, verification: undefined };
    }
  }

  #receive(request: IncomingMessage, target: string): SignableRequest {
    const { method = "", socket } = request;
    return receive(
      {
        method,
        target,
        rawHeaders: rawHeadersOf(request),
        authority: (request as { authority?: string }).authority || undefined,
        secure: (socket as { encrypted?: boolean } | undefined)?.encrypted === true,
        fromTrustedProxy: this.#settings.isTrustedProxy(socket?.remoteAddress),
      },
      this.#settings.front,
    );
  }

  /**
   * Proves head and content early, under a rule that may turn out to be the route's.
   * @throws Refusal
   */
  async checkContent(attempt: Attempt, route: RoutePolicy): Promise<void> {
    await begun(attempt).checkContent(route);
  }

  /**
   * Judges a request under a rule. What does not depend on the rule is found out once, however many guards ask.
   * @throws HmacException 401, 403, 413 or 503
   */
  async verify(attempt: Attempt, route: RoutePolicy): Promise<Principal> {
    try {
      const verification = begun(attempt);
      const principal = await verification.admit(route);
      this.#accept(attempt, principal, verification.proof as Authentic, route);
      return principal;
    } catch (error) {
      throw this.refuse(attempt, error, route);
    }
  }

  #accept(attempt: Attempt, principal: Principal, proof: Authentic, route: RoutePolicy): void {
    const isFirst = attempt.principal === undefined;
    attempt.principal = principal;
    attempt.refused = undefined;
    if (!isFirst) return;
    const { request, response, tap } = attempt;
    hideTrailers(request);
    if (route.stream && tap !== undefined)
      holdAnswer(response, tap, (refusal) => this.refuse(attempt, refusal, route));
    const { observer } = this.#settings;
    if (observer !== undefined)
      this.#tell(observer, () => acceptedVerdict(principal, proof.canonicalRequest, observer));
  }

  /**
   * Turns whatever stopped a request under a rule into its answer, and into a line of the log. A request's own fault is
   * the same whoever asks: it is logged once.
   */
  refuse(attempt: Attempt, error: unknown, route: RoutePolicy): HmacException {
    if (error instanceof HmacException) return error;
    if (attempt.refused === undefined || attempt.refused.error !== error)
      attempt.refused = this.#refused(attempt, error, route);
    const { exception } = attempt.refused;
    this.#setHeaders(attempt, exception);
    return exception;
  }

  #refused(attempt: Attempt, error: unknown, route: RoutePolicy): Refused {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal("verifier-failed", undefined, { cause: error });
    return {
      error,
      route,
      exception: this.#answer(attempt, refusal),
      isOutOfTime: attempt.verification?.isOutOfTime(refusal) === true,
    };
  }

  #answer(attempt: Attempt, refusal: Refusal): HmacException {
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

  #setHeaders({ response, verification }: Attempt, { refusal, requestId }: HmacException): void {
    if (response.headersSent) return;
    response.setHeader("X-Request-Id", requestId);
    response.setHeader("Cache-Control", "no-store, no-transform");
    // The URL may be a presigned one, readable or not.
    response.setHeader("Referrer-Policy", "no-referrer");
    if (refusal.status === 401) {
      const own = verification?.proof && this.#ownChallenge(verification.proof, refusal);
      response.setHeader("WWW-Authenticate", own ?? this.#challenge);
      for (const [name, value] of this.#refusalHeaders) response.setHeader(name, value);
    }
    if (refusal.status === 503) response.setHeader("Retry-After", String(this.#retryAfterSeconds));
  }

  /** The same for all 503, or it would tell them apart. */
  get #retryAfterSeconds(): number {
    const { futureSkewSeconds } = this.#settings.window;
    return Math.max(futureSkewSeconds + 1, this.fencedForSeconds);
  }

  /** What a scheme has to say to the holder of a key alone, such as the time. */
  #ownChallenge(proof: Authentic, { code }: Refusal): string | undefined {
    const { clock } = this.#settings;
    return proof.scheme.challenge?.(code, proof, Math.floor(clock.nowMs() / 1000));
  }

  #report(attempt: Attempt, refusal: Refusal, requestId: string): void {
    const observer: Observer = this.#settings.observer ?? { observe: () => undefined };
    const verdict = refusedVerdict(refusal, observer, requestId, attempt.verification?.proof);
    // What is wrong with a record is told once, by the key store.
    const cause = refusal.code === "app-unreadable" ? undefined : refusal.cause;
    this.#log.refused(nameOf(attempt), verdict, cause);
    this.#tell(observer, () => verdict);
  }

  #tell(observer: Observer, verdict: () => Parameters<Observer["observe"]>[0]): void {
    callObserver(
      () => observer.observe(verdict()),
      (error) => this.#log.observerThrew(error),
    );
  }

  /** Nothing that was counted for the log is lost. */
  onApplicationShutdown(): void {
    this.#log.flush();
  }
}

/** The judgement of a request. Throws the refusal of a head that could not be taken in. */
function begun(attempt: Attempt): Verification {
  attempt.isAsked = true;
  if (attempt.verification === undefined) throw attempt.head as Refusal;
  return attempt.verification;
}

/** The header lines as they came. Some serverless adapters hand over the table of headers alone, without the lines. */
function rawHeadersOf({ rawHeaders, headers }: IncomingMessage): readonly string[] {
  if (rawHeaders.length > 0) return rawHeaders;
  return Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().flatMap((line) => [name, line]),
  );
}

/** RFC 9110 §15.5.2: a 401 names at least one way in, even where the schemes have no word for it. */
function challengeOf(schemes: readonly Scheme[]): string {
  const words = [...new Set(schemes.flatMap(({ challenges }) => challenges))];
  return (words.length > 0 ? words : schemes.map(({ name }) => name)).join(", ");
}

/** One line for each name. They are lists, so what two schemes have to say of one stands side by side. */
function refusalHeadersOf(schemes: readonly Scheme[]): readonly HeaderEntry[] {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of schemes.flatMap(({ refusalHeaders = [] }) => refusalHeaders))
    values.set(name, (values.get(name) ?? new Set()).add(value));
  return Array.from(values, ([name, said]) => [name, [...said].join(", ")]);
}
