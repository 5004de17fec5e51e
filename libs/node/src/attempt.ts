import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Refusal,
  type Authentic,
  type Greeting,
  type Principal,
  type RoutePolicy,
  type Sender,
  type SignableRequest,
  type Verification,
} from "@lacre/core";
import type { AnswerRule } from "./answers/answer-rule.js";
import type { RefusalAnswer } from "./answers/refusal-answers.js";
import type { BodyTap } from "./body/body-tap.js";
import { MetRequest } from "./met-request.js";

/** What came of the head of a request when it arrived. */
export type Arrival =
  | {
      readonly kind: "readable";
      readonly head: SignableRequest;
      /** Present where the request carries credentials. */
      readonly tap: BodyTap | undefined;
      readonly verification: Verification;
    }
  | { readonly kind: "unreadable"; readonly refusal: Refusal };

/** What the newest judgement of a request was. */
export type Standing =
  | { readonly kind: "unasked" }
  /** Somebody has asked who made the request, and there is no answer yet. */
  | { readonly kind: "asked" }
  | { readonly kind: "admitted"; readonly principal: Principal }
  /** It was a first contact, and is answered or about to be. */
  | { readonly kind: "greeted"; readonly greeting: Greeting }
  | Refused;

/** A refusal, and how it is answered. */
export interface Refused {
  readonly kind: "refused";
  /** What stopped the request. */
  readonly cause: unknown;
  /** The rule that it was held against. */
  readonly route: RoutePolicy;
  readonly answer: RefusalAnswer;
  /** The same as an error of the framework. */
  readonly error: Error;
  /** Whether the request claims a time outside of the window of every route. */
  readonly isOutOfTime: boolean;
  /** Whoever let the request in before, under another rule. */
  readonly principal: Principal | undefined;
}

/** The gate that a request arrived at. */
export interface AttemptOwner {
  /** Takes the head in. Never throws. */
  takeIn(attempt: Attempt, target: string): Arrival;
  /** The address that a request came from, where that is known. */
  addressOf(request: IncomingMessage): string | undefined;
  /** What readers of the content are told when it is not what was signed. */
  errorOf(attempt: Attempt, refusal: Refusal): Error;
}

/** Where an attempt is kept: on Node's own request, so that it lives as long as the request does. */
const ATTEMPT: unique symbol = Symbol.for("lacre.attempt") as never; // one, where both builds were loaded
type Attempted = IncomingMessage & { [ATTEMPT]?: Attempt };

const UNASKED: Standing = { kind: "unasked" };
const ASKED: Standing = { kind: "asked" };

/** One request on its way through one gate: what is known of it. */
export class Attempt extends MetRequest implements Sender {
  readonly owner: AttemptOwner;
  readonly arrival: Arrival;
  /** The rule for whoever asks without naming one: that of the route that was chosen, the gate's own until then. */
  route: RoutePolicy;
  /** What is done with the answers of the route that was chosen; unknown until then. */
  answerRule: AnswerRule | undefined = undefined;
  /** Whether a request without signed credentials may be let in by somebody else, who is to be asked then. */
  hasAlternatives = false;
  /** Whether the end of its answer tells what became of it. */
  isSettled = false;
  standing: Standing = UNASKED;

  constructor(
    owner: AttemptOwner,
    request: IncomingMessage,
    response: ServerResponse,
    { target, route }: { readonly target: string; readonly route: RoutePolicy },
  ) {
    super(request, response);
    this.owner = owner;
    this.route = route;
    this.arrival = owner.takeIn(this, target);
    (request as Attempted)[ATTEMPT] = this;
  }

  /**
   * Its judgement.
   * @throws Refusal where the head could not be taken in
   */
  ask(): Verification {
    if (this.standing === UNASKED) this.standing = ASKED;
    if (this.arrival.kind === "unreadable") throw this.arrival.refusal;
    return this.arrival.verification;
  }

  /** The newest principal. */
  get principal(): Principal | undefined {
    return "principal" in this.standing ? this.standing.principal : undefined;
  }

  /** The newest proof of who made the request. */
  get proof(): Authentic | undefined {
    return this.arrival.kind === "readable" ? this.arrival.verification.proof : undefined;
  }

  /** The tap on its content, where it carries credentials. */
  get tap(): BodyTap | undefined {
    return this.arrival.kind === "readable" ? this.arrival.tap : undefined;
  }

  get address(): string | undefined {
    return this.owner.addressOf(this.request);
  }

  /** Whether its credentials came in the URL, readable or not. */
  get cameInUrl(): boolean {
    return this.tap !== undefined && this.request.headers.authorization === undefined;
  }

  get path(): string | undefined {
    const { arrival } = this;
    return arrival.kind === "readable" ? arrival.head.target.split("?", 1)[0] : undefined;
  }

  /** What readers of the content are told when it is not what was signed. */
  errorOf(refusal: Refusal): Error {
    return this.owner.errorOf(this, refusal);
  }
}

/** The attempt that a request of Node, Express or Fastify is, at whichever gate it arrived last. */
export function attemptOf(request: object): Attempt | undefined {
  // Not by `raw` first: to find out that Express's requests have none takes a walk through four prototypes.
  const own = (request as Attempted)[ATTEMPT];
  const raw = own === undefined ? (request as { raw?: Attempted }).raw : (request as Attempted);
  const attempt = own ?? raw?.[ATTEMPT];
  return attempt?.request === raw ? attempt : undefined; // a copy of a request is not the request
}
