import type { ServerResponse } from "node:http";
import type { ExecutionContext } from "@nestjs/common";
import {
  type Authentic,
  lineOf,
  reasonOf,
  Refusal,
  ResponseSigner,
  type SafeLogger,
} from "@lacre/core";
import { attemptOf, nameOf, type Attempt } from "../attempt.js";
import type { HmacSettings } from "../hmac.options.js";
import type { Routes } from "../routes.js";
import { AnswerRules } from "./answer-rules.js";
import { HeldAnswer } from "@lacre/node";

const NO_STORE = "no-store, no-transform";
const EXPOSED = ["Lacre-Signature", "Content-Digest", "Lacre-Clock"];

/** Decides which answers are signed, and signs them (docs/protocol.md sections 11 to 13). */
export class Answers {
  readonly rules: AnswerRules;
  readonly #signer: ResponseSigner;
  readonly #maxBytes: number;
  readonly #logger: SafeLogger;

  constructor(settings: HmacSettings, routes: Routes, logger: SafeLogger) {
    const { schemes, clock, signResponses, maxAnswerBytes } = settings;
    this.#signer = new ResponseSigner(schemes, clock);
    this.rules = new AnswerRules(signResponses, routes, schemes, this.#signer);
    this.#maxBytes = maxAnswerBytes;
    this.#logger = logger;
  }

  /** Stands on the response of a request that arrives, where its answer may have to be signed. */
  meet(attempt: Attempt): void {
    const { signsAny } = this.rules;
    const isPresigned = cameInUrl(attempt);
    if ((!signsAny && !isPresigned) || attempt.response.headersSent) return;
    if (attempt.tap !== undefined) bindToRequest(attempt.response, isPresigned);
    new HeldAnswer(
      attempt.response,
      {
        seals: (status) => signsAny && this.#seals(attempt, status),
        seal: (status, content) => this.#seal(attempt, status, content),
        finishHead: isPresigned ? () => bindToRequest(attempt.response, true) : undefined,
        report: (problem) => this.#report(attempt, problem),
      },
      this.#maxBytes,
    );
  }

  /** Tells the attempt the rule of the route that Nest has chosen. */
  holdTo(context: ExecutionContext, request: object): void {
    if (!this.rules.signsAny) return;
    const attempt = attemptOf(request);
    if (attempt !== undefined)
      attempt.answerRule = this.rules.ruleOf(context.getClass(), context.getHandler());
  }

  /**
   * Refusals are sealed alike whether the MAC was right or not: that one of them is signed would tell. So is every 401,
   * whoever answers it. All others are signed where the MAC was right and the route asks for it; before Nest has
   * chosen the route, as when a parser fails, it may.
   */
  #seals(attempt: Attempt, status: number): boolean {
    if (attemptOf(attempt.request) !== attempt) return false; // another app took it over
    if (status === 401) return true;
    if (attempt.refused !== undefined) return status >= 400;
    if (isUnverified(attempt)) return status < 400; // as an error of the developer
    return this.#keyOf(attempt) !== undefined && attempt.answerRule?.signed !== false;
  }

  /** The proof under whose key an answer is signed. */
  #keyOf({ verification }: Attempt): Authentic | undefined {
    const proof = verification?.proof;
    return proof !== undefined && this.#signer.canSign(proof) ? proof : undefined;
  }

  #seal(attempt: Attempt, status: number, content: Uint8Array | undefined): void {
    const { response, head, answerRule } = attempt;
    if (status < 400 && isUnverified(attempt))
      throw new Error("nothing has verified its request: use @HmacProtected()");
    response.removeHeader("Content-Digest"); // ours alone, of the bytes as they are sent
    response.removeHeader("Lacre-Clock"); // ours alone too
    if (status === 401 && attempt.refused?.isOutOfTime === true)
      response.setHeader("Lacre-Clock", "out-of-window");
    bindToRequest(response, cameInUrl(attempt));
    expose(response);
    // Further headers depend on the route, which is not known for all that is refused.
    const isTold = status === 401 || attempt.refused !== undefined;
    const answer = {
      status,
      headers: entriesOf(response),
      ...(content !== undefined && { content }),
      signedHeaders: isTold ? [] : (answerRule?.headers ?? []),
    };
    const key = this.#keyOf(attempt);
    const headers = key
      ? this.#signer.sign(key, answer)
      : this.#signer.feign(
          head instanceof Refusal ? undefined : head,
          answer,
          attempt.refused?.route.schemes,
        );
    for (const [name, value] of headers) response.setHeader(name, value);
  }

  #report(attempt: Attempt, problem: unknown): void {
    this.#logger.error(
      `${lineOf(nameOf(attempt))}: the answer cannot be signed: ${reasonOf(problem)}. 500 was sent in its place. Mend it, raise ` +
        "maxAnswerBytes, or mark the route @HmacSignedResponse({ stream: true }), whose answers are sent unsigned.",
    );
  }
}

/** Whether the route promises signed answers, and no guard ever asked who sends its requests. */
const isUnverified = ({ answerRule, isAsked }: Attempt): boolean =>
  answerRule?.demanded === true && isAsked === undefined;

/** Whether the credentials came in the URL, readable or not. */
const cameInUrl = ({ tap, request }: Attempt): boolean =>
  tap !== undefined && request.headers.authorization === undefined;

/** An answer is for one request: nobody may store it or change its bytes, nor learn a URL that is a credential. */
function bindToRequest(response: ServerResponse, isPresigned: boolean): void {
  const current = String(response.getHeader("cache-control"));
  if (!hasDirective(current, "no-store") || !hasDirective(current, "no-transform"))
    response.setHeader("Cache-Control", NO_STORE);
  if (isPresigned) response.setHeader("Referrer-Policy", "no-referrer");
}

const hasDirective = (field: string, directive: string): boolean =>
  field.split(",").some((each) => each.trim().toLowerCase() === directive);

/** Lets scripts of other origins see what they need to check the answer (Fetch Standard, "CORS protocol"). */
function expose(response: ServerResponse): void {
  if (!response.hasHeader("access-control-allow-origin")) return;
  const current = response.getHeader("access-control-expose-headers") ?? [];
  const names = [current].flat().flatMap((line) => String(line).split(","));
  const known = names.map((name) => name.trim().toLowerCase());
  const missing = EXPOSED.filter((name) => !known.includes(name.toLowerCase()));
  if (known.includes("*") || missing.length === 0) return;
  response.setHeader("Access-Control-Expose-Headers", [...names, ...missing].join(","));
}

/** Each line as it will be sent. */
function* entriesOf(response: ServerResponse): Iterable<[string, string]> {
  for (const [name, value = []] of Object.entries(response.getHeaders()))
    for (const line of [value].flat()) yield [name, String(line)];
}
