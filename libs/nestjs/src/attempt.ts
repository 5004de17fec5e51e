import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Refusal,
  type Content,
  type Principal,
  type RoutePolicy,
  type SignableRequest,
  type Verification,
} from "@lacre/core";
import type { AnswerRule } from "./answers/answer-rules.js";
import type { BodyTap } from "@lacre/node";
import type { HmacException } from "./hmac.exception.js";

/** One request on its way through this app: what is known of it. */
export interface Attempt {
  /** The service of the app that it arrived in. */
  readonly owner: object;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The head, or why it could not be taken in. */
  readonly head: SignableRequest | Refusal;
  /** Present when the request carries credentials. */
  readonly tap: BodyTap | undefined;
  /** Its judgement; undefined where the head could not be taken in. */
  readonly verification: Verification | undefined;
  /** The rule for whoever asks without naming one: that of the route that Nest chose, the app's own until then. */
  route: RoutePolicy;
  /** What is done with the answers of the route that Nest chose; unknown until then. */
  answerRule?: AnswerRule;
  /** Whether anybody has asked who made the request. */
  isAsked?: true;
  /** The newest principal. */
  principal?: Principal;
  /** The newest refusal, unless somebody let the request in after it. */
  refused?: Refused | undefined;
}

/** A refusal, and how it is answered. */
export interface Refused {
  /** What stopped the request. */
  readonly error: unknown;
  /** The rule that it was held against. */
  readonly route: RoutePolicy;
  readonly exception: HmacException;
  /** Whether the request claims a time outside of the window of every route. */
  readonly isOutOfTime: boolean;
}

const attempts = new WeakMap<object, Attempt>();

/** Node's own request under Express's or Fastify's. */
function rawRequestOf(request: object): IncomingMessage {
  return (request as { raw?: IncomingMessage }).raw ?? (request as IncomingMessage);
}

/** The attempt that a request of Express or Fastify is, in whichever app it arrived. */
export function attemptOf(request: object): Attempt | undefined {
  return attempts.get(rawRequestOf(request));
}

/** Notes an attempt for its request. */
export function noteAttempt(attempt: Attempt): void {
  attempts.set(attempt.request, attempt);
}

/** What a log calls the request: method and path. The query may hold credentials. */
export function nameOf({ head, request }: Attempt): string {
  const { method = "" } = request;
  return head instanceof Refusal ? method : `${method} ${head.target.split("?", 1)[0]}`;
}

const unread = (): never => {
  throw new Refusal("content-unread", "there were no credentials when the request arrived");
};
const UNREAD: Content = { settle: unread, digest: unread, bytes: unread, expect: unread };

/** The request's content. Without credentials nobody has hashed it, and nobody gets so far as to ask. */
export const contentOf = (tap: BodyTap | undefined): Content => tap ?? UNREAD;
