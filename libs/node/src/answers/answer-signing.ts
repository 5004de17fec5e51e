import type { ServerResponse } from "node:http";
import {
  type Authentic,
  type Clock,
  lineOf,
  reasonOf,
  type ResponseScheme,
  ResponseSigner,
  SIGNED_IN_ANSWERS,
  type SafeLogger,
  type Scheme,
} from "@lacre/core";
import { attemptOf, type Attempt } from "../attempt.js";
import { expose } from "./expose.js";
import { HeldAnswer, type AnswerKeeper } from "./held-answer.js";
import { toldBy } from "./refusal-answers.js";

const NO_STORE = "no-store, no-transform";

/** What the signing of answers depends on. */
export interface SigningSettings {
  readonly schemes: readonly Scheme[];
  readonly clock: Clock;
  readonly maxAnswerBytes: number;
}

/** Decides which answers are signed, and signs them (docs/protocol.md sections 11 to 13). */
export class AnswerSigning implements AnswerKeeper<Attempt> {
  readonly maxBytes: number;
  readonly #signer: ResponseSigner;
  readonly #signsAny: boolean;
  readonly #fields: readonly string[];
  readonly #logger: SafeLogger;

  constructor(
    { schemes, clock, maxAnswerBytes }: SigningSettings,
    { signsAny }: { readonly signsAny: boolean },
    logger: SafeLogger,
  ) {
    this.maxBytes = maxAnswerBytes;
    this.#signer = new ResponseSigner(schemes, clock);
    this.#signsAny = signsAny;
    this.#fields = fieldsOf(schemes);
    this.#logger = logger;
  }

  /** Stands on the response of a request that arrives, where its answer may have to be signed. */
  meet(attempt: Attempt): void {
    const isPresigned = attempt.cameInUrl;
    if ((!this.#signsAny && !isPresigned) || attempt.response.headersSent) return;
    if (attempt.tap !== undefined) bindToRequest(attempt.response, isPresigned);
    new HeldAnswer(attempt.response, this, attempt);
  }

  /**
   * Refusals are sealed alike whether the MAC was right or not: that one of them is signed would tell. So is every 401
   * to a request with credentials, whoever answers it. All others are signed where the MAC was right and the route asks
   * for it; before the route is chosen, as when a parser fails, it may.
   */
  seals(attempt: Attempt, status: number): boolean {
    if (!this.#signsAny || attemptOf(attempt.request) !== attempt) return false; // another app took it over
    if (attempt.standing.kind === "refused") return status >= 400;
    if (status === 401) return attempt.tap !== undefined; // nobody else checks signatures
    if (isUnverified(attempt)) return status < 400; // as an error of the developer
    return this.#keyOf(attempt) !== undefined && attempt.answerRule?.signed !== false;
  }

  /** The proof under whose key an answer is signed. */
  #keyOf({ proof }: Attempt): Authentic | undefined {
    return proof !== undefined && this.#signer.canSign(proof) ? proof : undefined;
  }

  finishesHead(attempt: Attempt): boolean {
    return attempt.cameInUrl;
  }

  finishHead({ response }: Attempt): void {
    bindToRequest(response, true);
  }

  seal(attempt: Attempt, status: number, content: Uint8Array | undefined): void {
    const { response, answerRule, standing, arrival } = attempt;
    if (status < 400 && isUnverified(attempt))
      throw new Error("nothing has verified its request: use @HmacProtected()");
    const refused = standing.kind === "refused" ? standing : undefined;
    const head = arrival.kind === "readable" ? arrival.head : undefined;
    const names = refused?.route.schemes;
    const key = this.#keyOf(attempt);
    const { responses } = key?.scheme ?? this.#signer.schemeFor(head, names) ?? {};
    if (responses !== undefined)
      clearFields(response, responses, status === 401 && refused?.isOutOfTime === true);
    bindToRequest(response, attempt.cameInUrl);
    // Further headers depend on the route, which is not known for all that is refused.
    const signedHeaders =
      status === 401 || refused !== undefined ? [] : (answerRule?.headers ?? []);
    if (response.hasHeader("access-control-allow-origin"))
      expose(response, [
        ...signedIn(response, signedHeaders),
        ...this.#fields,
        ...(refused === undefined ? [] : toldBy(refused.answer)),
      ]);
    const answer = {
      status,
      headers: entriesOf(response),
      ...(content !== undefined && { content }),
      signedHeaders,
    };
    const headers = key ? this.#signer.sign(key, answer) : this.#signer.feign(head, answer, names);
    for (const [name, value] of headers) response.setHeader(name, value);
  }

  report({ request, requestId, name, path }: Attempt, problem: unknown): void {
    const method = lineOf(request.method ?? "");
    const asked = path === undefined ? {} : { path: lineOf(path) };
    const reason = reasonOf(problem);
    this.#logger.error(
      `${lineOf(name)}: the answer cannot be signed: ${reason}. 500 was sent in its place. Mend it, raise ` +
        `maxAnswerBytes, or mark the route @HmacSignedResponse({ stream: true }), whose answers are sent unsigned. (request ${requestId})`,
      { msg: "the answer cannot be signed", status: 500, method, ...asked, requestId, reason },
    );
  }
}

/** Whether the route promises signed answers, and nobody ever asked who sends its requests. */
const isUnverified = ({ answerRule, standing }: Attempt): boolean =>
  answerRule?.demanded === true && standing.kind === "unasked";

/** What the scheme writes is its alone: a field of the handler's own under such a name would be signed as the scheme's. */
function clearFields(response: ServerResponse, scheme: ResponseScheme, isOutOfTime: boolean): void {
  const { fields, clockField } = scheme;
  for (const name of fields) response.removeHeader(name);
  if (clockField === undefined) return;
  if (isOutOfTime) response.setHeader(clockField, "out-of-window");
  else response.removeHeader(clockField);
}

/** The headers of an answer that are signed in it, but for the type, which every script may see. */
const signedIn = (response: ServerResponse, further: readonly string[]): readonly string[] =>
  [...SIGNED_IN_ANSWERS, ...further].filter(
    (name) => name !== "content-type" && response.hasHeader(name),
  );

/** The fields by which a script checks an answer, whichever scheme signs it. */
function fieldsOf(schemes: readonly Scheme[]): readonly string[] {
  const names = schemes.flatMap(({ responses }) =>
    responses === undefined ? [] : [...responses.fields, responses.clockField ?? []].flat(),
  );
  return [...new Set(names)];
}

/** An answer is for one request: nobody may store it or change its bytes, nor learn a URL that is a credential. */
function bindToRequest(response: ServerResponse, isPresigned: boolean): void {
  const current = String(response.getHeader("cache-control"));
  if (!hasDirective(current, "no-store") || !hasDirective(current, "no-transform"))
    response.setHeader("Cache-Control", NO_STORE);
  if (isPresigned) response.setHeader("Referrer-Policy", "no-referrer");
}

const hasDirective = (field: string, directive: string): boolean =>
  field.split(",").some((each) => each.trim().toLowerCase() === directive);

/** Each line as it will be sent. */
function* entriesOf(response: ServerResponse): Iterable<[string, string]> {
  for (const [name, value = []] of Object.entries(response.getHeaders()))
    for (const line of [value].flat()) yield [name, String(line)];
}
