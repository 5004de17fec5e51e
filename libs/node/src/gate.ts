import type { IncomingMessage, ServerResponse } from "node:http";
import {
  after,
  type Intact,
  isPromise,
  type LogSink,
  type Maybe,
  type Principal,
  receive,
  type RoutePolicy,
  SafeLogger,
  Verifier,
} from "@lacre/core";
import { acknowledge } from "./answers/acknowledge.js";
import { AnswerSigning } from "./answers/answer-signing.js";
import { noteOutcome } from "./answers/note-outcome.js";
import type { RefusalAnswer } from "./answers/refusal-answers.js";
import { Attempt, attemptOf, type Arrival, type AttemptOwner, type Refused } from "./attempt.js";
import { BodyTap } from "./body/body-tap.js";
import { clientAddressOf } from "./client-address.js";
import { hideTrailers } from "./body/hide-trailers.js";
import { holdAnswer } from "./body/judged-answer.js";
import { UNREAD } from "./body/unread-content.js";
import { FirstContacts } from "./first-contacts.js";
import type { GateRules, GateSettings } from "./gate-settings.js";
import { warnAtStart } from "./log/start-warnings.js";
import { receivedHead } from "./received-head.js";
import { Entrance } from "./turnstile.js";
import { refusalOf, Verdicts } from "./verdicts.js";

/** What a gate is told of its surroundings. */
export interface Surroundings {
  /** Where its log goes. */
  readonly log: LogSink;
  /** Makes an error of a refusal, as the framework wants to catch it. */
  readonly toError: (answer: RefusalAnswer) => Error;
  /** What whoever asks for a principal waits for, where the request is answered already and nobody is let in. */
  readonly answered: () => Promise<never>;
}

/**
 * Takes requests of `node:http` from their arrival to their principal, or to the answer that turns them away. It knows
 * no framework: whoever has one calls `meet` where a request arrives and `admit` where its route is known.
 */
export class Gate implements AttemptOwner {
  /** Where a turnstile may stand. */
  readonly entrance = new Entrance();
  /** What senders send before any message. */
  readonly contacts: FirstContacts;
  /** What judges. */
  readonly verifier: Verifier;
  /** What tells of it. */
  readonly verdicts: Verdicts;
  readonly #settings: GateSettings;
  readonly #rules: GateRules;
  readonly #signing: AnswerSigning;
  readonly #answered: () => Promise<never>;
  /** Whether any format wants to know what became of its requests. */
  readonly #settles: boolean;

  constructor(settings: GateSettings, rules: GateRules, { log, toError, answered }: Surroundings) {
    const logger = new SafeLogger(log);
    this.#settings = settings;
    this.#rules = rules;
    this.#answered = answered;
    this.verdicts = new Verdicts(settings, logger, toError);
    this.#signing = new AnswerSigning(settings, rules, logger);
    warnAtStart(settings, rules, logger);
    this.#settles = settings.schemes.some(({ redelivery }) => redelivery !== undefined);
    const measuresClaims = settings.observer !== undefined;
    this.verifier = new Verifier({ ...settings, routes: rules.policies, measuresClaims });
    this.contacts = new FirstContacts(this);
  }

  /** @throws what a nonce store or a key store throws that cannot be used */
  async start(log: LogSink): Promise<void> {
    await this.#settings.nonces.start?.({ ...this.verifier.needs, log });
    await this.#settings.keys.start?.();
  }

  /**
   * Meets a request where it arrives, before anything reads its content. Once for each request.
   * @param target the request-target as it came, before any router changed it
   */
  meet(request: IncomingMessage, response: ServerResponse, target: string): Attempt {
    const known = attemptOf(request);
    if (known?.owner === this) return known;
    const route = this.#rules.defaultPolicy;
    const attempt = new Attempt(this, request, response, { target, route });
    this.#signing.meet(attempt);
    return attempt;
  }

  /** Never throws: where a request arrives, nobody would catch it. */
  takeIn(attempt: Attempt, target: string): Arrival {
    const { request } = attempt;
    try {
      const { isTrustedProxy, front } = this.#settings;
      const head = receive(receivedHead(request, target, isTrustedProxy, attempt), front);
      const uses = this.verifier.contentUses(head);
      const tap =
        uses.length === 0
          ? undefined
          : new BodyTap(request, uses, this.#rules.largestBodyBytes, attempt);
      const verification = this.verifier.begin(head, tap ?? UNREAD);
      return { kind: "readable", head, tap, verification };
    } catch (cause) {
      return { kind: "unreadable", refusal: refusalOf(cause) };
    }
  }

  addressOf(request: IncomingMessage): string | undefined {
    return clientAddressOf(request, this.#settings.isTrustedProxy);
  }

  /**
   * Proves head and content early, under a rule that may turn out to be the route's.
   * @throws Refusal
   */
  checkContent(attempt: Attempt, route: RoutePolicy): Maybe<Intact> {
    return attempt.ask().checkContent(route);
  }

  /**
   * Judges a request under a rule. What does not depend on the rule is found out once, however many ask. At once where
   * nothing waits. A first contact, and a repeat that is acknowledged, are answered here (`Surroundings.answered`).
   * @throws what `toError` makes of a refusal: 401, 403, 413 or 503; what a turnstile answers with
   */
  admit(attempt: Attempt, route: RoutePolicy): Maybe<Principal> {
    const entered = this.entrance.enterUnder(attempt, route);
    if (isPromise(entered)) return entered.then(() => this.#meetOrJudge(attempt, route));
    return this.#meetOrJudge(attempt, route);
  }

  #meetOrJudge(attempt: Attempt, route: RoutePolicy): Maybe<Principal> {
    const greeting = this.contacts.greetEntered(attempt, route);
    if (greeting === undefined) return this.#judge(attempt, route);
    return after(greeting, (made) =>
      made === undefined ? this.#judge(attempt, route) : this.#answered(),
    );
  }

  #judge(attempt: Attempt, route: RoutePolicy): Maybe<Principal> {
    try {
      const admitted = attempt.ask().admit(route);
      return isPromise(admitted)
        ? this.#admitLater(attempt, admitted, route)
        : this.#accept(attempt, admitted, route);
    } catch (error) {
      return this.#turnAway(attempt, error, route);
    }
  }

  async #admitLater(
    attempt: Attempt,
    admitted: Promise<Principal>,
    route: RoutePolicy,
  ): Promise<Principal> {
    try {
      return this.#accept(attempt, await admitted, route);
    } catch (error) {
      return this.#turnAway(attempt, error, route);
    }
  }

  /** @throws what `toError` makes of it, unless it is a repeat that is acknowledged */
  #turnAway(attempt: Attempt, cause: unknown, route: RoutePolicy): Promise<never> {
    const refused = this.#refused(attempt, cause, route);
    if (!acknowledge(attempt, refused)) throw refused.error;
    return this.#answered();
  }

  #accept(attempt: Attempt, principal: Principal, route: RoutePolicy): Principal {
    const isFirst = attempt.principal === undefined;
    attempt.standing = { kind: "admitted", principal };
    if (this.#settles) noteOutcome(attempt, this.verdicts);
    if (!isFirst) return principal;
    const { request, response, tap } = attempt;
    hideTrailers(request);
    if (route.stream && tap !== undefined)
      holdAnswer(response, tap, (refusal) => this.#refused(attempt, refusal, route).answer);
    this.verdicts.accepted(attempt, principal);
    return principal;
  }

  /** An error of the framework, of whatever stopped a request under a rule; its headers are set, and it is logged. */
  errorOf(attempt: Attempt, cause: unknown, route: RoutePolicy = attempt.route): Error {
    return this.#refused(attempt, cause, route).error;
  }

  #refused(attempt: Attempt, cause: unknown, route: RoutePolicy): Refused {
    const isFirst = attempt.standing.kind !== "refused";
    const refused = this.verdicts.refused(attempt, cause, route, this.verifier);
    if (isFirst) this.entrance.refused(attempt, refused.answer.status);
    return refused;
  }
}
