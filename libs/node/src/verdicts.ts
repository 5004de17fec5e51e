import type { IncomingMessage } from "node:http";
import {
  acceptedVerdict,
  callObserver,
  type Greeted,
  type Greeting,
  type Observer,
  type Principal,
  Refusal,
  refusedVerdict,
  type RequestFacts,
  type RoutePolicy,
  type SafeLogger,
  timesOf,
} from "@lacre/core";
import {
  type Fence,
  RefusalAnswers,
  setRefusalHeaders,
  type RefusalAnswer,
  type RefusalSettings,
} from "./answers/refusal-answers.js";
import type { Attempt, Refused } from "./attempt.js";
import { RefusalLog } from "./log/refusal-log.js";
import { routePatternOf } from "./route-pattern.js";

/** Tells verdicts: to the caller, to the log and to the observer. */
export class Verdicts {
  readonly #observer: Observer | undefined;
  readonly #refusals: RefusalAnswers;
  readonly #log: RefusalLog;
  readonly #toError: (answer: RefusalAnswer) => Error;
  /** Finds the route of a request that no router has chosen one for yet. */
  foresee: ((request: IncomingMessage) => string | undefined) | undefined;

  constructor(
    settings: RefusalSettings & { readonly observer: Observer | undefined },
    logger: SafeLogger,
    toError: (answer: RefusalAnswer) => Error,
  ) {
    this.#observer = settings.observer;
    this.#refusals = new RefusalAnswers(settings);
    this.#log = new RefusalLog(logger);
    this.#toError = toError;
  }

  /** A request was let in. */
  accepted(attempt: Attempt, principal: Principal): void {
    const observer = this.#observer;
    if (observer === undefined) return;
    const { canonicalRequest = "" } = attempt.proof ?? {};
    this.#tell(observer, () => ({
      ...acceptedVerdict(principal, canonicalRequest, observer),
      ...this.#factsOf(attempt),
    }));
  }

  /** A first contact is answered. */
  greeted(attempt: Attempt, { answer, ...what }: Greeting): void {
    const facts = this.#factsOf(attempt);
    const verdict: Greeted = { outcome: "greeted", ...what, status: answer.status, ...facts };
    this.#log.greeted(verdict, attempt.path);
    if (this.#observer !== undefined) this.#tell(this.#observer, () => verdict);
  }

  #factsOf(attempt: Attempt): RequestFacts {
    const { arrivedMs, framed, request, requestId, address, tap, arrival } = attempt;
    const durationMs = performance.now() - arrivedMs;
    const route = routePatternOf(framed) ?? this.foresee?.(request);
    const claim = arrival.kind === "readable" ? timesOf(arrival.verification.claim) : undefined;
    return {
      method: request.method ?? "",
      ...(route !== undefined && { route }),
      requestId,
      ...(address !== undefined && { address }),
      durationMs,
      ...(tap !== undefined && { bytes: tap.byteLength }),
      ...(claim !== undefined && {
        claim: {
          outcome: claim.outcome,
          afterMs: claim.startedMs - arrivedMs,
          durationMs: claim.endedMs - claim.startedMs,
        },
      }),
    };
  }

  /**
   * Turns whatever stopped a request under a rule into its answer, sets the headers of that, and writes a line of the log.
   * A request's own fault is the same whoever asks: it is logged once.
   * @param fence asked where the answer says how long to wait
   */
  refused(attempt: Attempt, cause: unknown, route: RoutePolicy, fence: Fence): Refused {
    const { standing } = attempt;
    const refused =
      standing.kind === "refused" && standing.cause === cause
        ? standing
        : this.#judge(attempt, cause, route, fence);
    attempt.standing = refused;
    setRefusalHeaders(attempt, refused.answer);
    return refused;
  }

  #judge(attempt: Attempt, cause: unknown, route: RoutePolicy, fence: Fence): Refused {
    const { arrival, principal, proof } = attempt;
    const refusal = refusalOf(cause);
    const answer = this.#refusals.of(refusal, attempt.requestId, proof, fence);
    this.#report(attempt, answer);
    return {
      kind: "refused",
      cause,
      route,
      answer,
      error: this.#toError(answer),
      isOutOfTime: arrival.kind === "readable" && arrival.verification.isOutOfTime(refusal),
      principal,
    };
  }

  #report(attempt: Attempt, { refusal }: RefusalAnswer): void {
    const observer = this.#observer ?? UNSEEN;
    const verdict = {
      ...refusedVerdict(refusal, observer, attempt.proof),
      ...this.#factsOf(attempt),
    };
    // What is wrong with a record is told once, by the key store.
    const cause = refusal.code === "app-unreadable" ? undefined : refusal.cause;
    this.#log.refused(verdict, attempt.path, cause);
    this.#tell(observer, () => verdict);
  }

  #tell(observer: Observer, verdict: () => Parameters<Observer["observe"]>[0]): void {
    callObserver(
      () => observer.observe(verdict()),
      (error) => this.#log.observerThrew(error),
    );
  }

  /** What became of a request could not be noted. */
  outcomeLost(attempt: Attempt, error: unknown): void {
    this.#log.outcomeLost(attempt, error);
  }

  /** Logs what was counted and not yet told. */
  flushLog(): void {
    this.#log.flush();
  }
}

const UNSEEN: Observer = { observe: () => undefined };

/** What stopped a request, where that is no refusal: something here has failed. */
export const refusalOf = (cause: unknown): Refusal =>
  cause instanceof Refusal ? cause : new Refusal("verifier-failed", undefined, { cause });
