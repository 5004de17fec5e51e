import type { Type } from "@nestjs/common";
import { ConfigurationError, type ResponseSigner, type Scheme } from "@lacre/core";
import { HMAC_ANSWER, HMAC_ROUTE } from "../hmac.tokens.js";
import type { RouteRule, Routes } from "../routes.js";

/** How the answers of a route are signed. */
export interface HmacSignedResponseOptions {
  /** Headers to sign beside those that must be, where the answer has them. A method's are added to its class's. */
  readonly headers?: readonly string[];
  /** The answers have no known end, or are too large to be kept back: they are sent unsigned. */
  readonly stream?: boolean;
}

/** What is done with the answers of a route. */
export interface AnswerRule {
  readonly signed: boolean;
  /** The route is marked as signed, so something must verify its requests. */
  readonly demanded: boolean;
  /** In lower case. */
  readonly headers: readonly string[];
}

const UNSIGNED: AnswerRule = Object.freeze({ signed: false, demanded: false, headers: [] });
const OPTION_NAMES = ["headers", "stream"];
/** Node or a proxy writes the date, this module the others, whatever a handler sets. */
const NOT_YET_THERE = ["date", "lacre-clock", "lacre-signature"];

/** The rules for this app's answers, read from the decorators' metadata. */
export class AnswerRules {
  readonly #routes: Routes;
  readonly #schemes: readonly Scheme[];
  readonly #signer: ResponseSigner;
  readonly #unmarked: AnswerRule;
  readonly #rules = new WeakMap<object, Map<unknown, AnswerRule>>();
  #signsAny: boolean;

  constructor(
    signsAll: boolean,
    routes: Routes,
    schemes: readonly Scheme[],
    signer: ResponseSigner,
  ) {
    if (signsAll && !schemes.some(({ responses }) => responses !== undefined))
      throw new ConfigurationError(
        "signResponses",
        "none of the enabled schemes signs answers.",
        'Enable "lacre1".',
      );
    this.#routes = routes;
    this.#schemes = schemes;
    this.#signer = signer;
    this.#unmarked = Object.freeze({ signed: signsAll, demanded: false, headers: [] });
    this.#signsAny = signsAll;
  }

  /** Whether any answer of this app is signed. Certain once all routes have been read, which is done at the start. */
  get signsAny(): boolean {
    return this.#signsAny;
  }

  /**
   * The rule of one handler: a method adds to and overrides its class.
   * @throws ConfigurationError for rules that cannot be kept
   */
  ruleOf(controller: Type, handler: object): AnswerRule {
    let ofClass = this.#rules.get(controller);
    if (ofClass === undefined) this.#rules.set(controller, (ofClass = new Map()));
    let rule = ofClass.get(handler);
    if (rule === undefined) ofClass.set(handler, (rule = this.#read(controller, handler)));
    return rule;
  }

  #read(controller: Type, handler: object): AnswerRule {
    const onMethod = Reflect.getMetadata(HMAC_ANSWER, handler) as Mark;
    const onClass = Reflect.getMetadata(HMAC_ANSWER, controller) as Mark;
    if (onMethod === undefined && onClass === undefined) return this.#unmarked;
    const where = `@HmacSignedResponse on ${controller.name}.${(handler as { name?: string }).name ?? "handler"}`;
    for (const mark of [onMethod, onClass]) if (mark !== undefined) checkMark(mark, where);

    const route = this.#routes.ruleOf(controller, handler);
    if (route === "public") {
      // A class's mark is for those of its methods that are not public.
      const isPublicItself = Reflect.getMetadata(HMAC_ROUTE, handler) !== undefined;
      if (onMethod === undefined && isPublicItself) return UNSIGNED;
      throw new ConfigurationError(
        where,
        "stands on a public route, where nobody's key is known.",
        "Protect the route, or take the mark away.",
      );
    }
    const names = [...(onClass?.headers ?? []), ...(onMethod?.headers ?? [])];
    const headers = [...new Set(names.map((name) => name.toLowerCase()))];
    this.#checkHeaders(headers, where);
    const signed = (onMethod?.stream ?? onClass?.stream) !== true;
    if (signed) this.#checkSchemes(route, where);
    this.#signsAny ||= signed;
    return Object.freeze({ signed, demanded: signed, headers });
  }

  /** Draws up an answer with all of them, so that the scheme itself says what it will not sign. */
  #checkHeaders(headers: readonly string[], where: string): void {
    let problem = headers.find((name) => NOT_YET_THERE.includes(name));
    try {
      const lines = headers.map((name): [string, string] => [name, ""]);
      this.#signer.feign(undefined, { status: 200, headers: lines, signedHeaders: headers });
    } catch (error) {
      problem ??= (error as Error).message;
    }
    if (problem !== undefined)
      throw new ConfigurationError(
        `${where}: headers`,
        `cannot be signed (${problem}).`,
        "Name headers that the handler sets, none that Node or a proxy sets or changes.",
      );
  }

  #checkSchemes(route: RouteRule, where: string): void {
    const { schemes } = typeof route === "object" ? route : this.#routes.defaultPolicy;
    const silent = schemes.find(
      (name) => this.#schemes.find((scheme) => scheme.name === name)?.responses === undefined,
    );
    if (silent !== undefined)
      throw new ConfigurationError(
        where,
        `${silent}, which this route takes, does not sign answers.`,
        "Take it out of the route's schemes, or give it a route of its own.",
      );
  }
}

type Mark = HmacSignedResponseOptions | undefined;

function checkMark(mark: HmacSignedResponseOptions, where: string): void {
  const stranger = Object.keys(mark).find((name) => !OPTION_NAMES.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      `${where}: ${stranger}`,
      "is not known.",
      `Options: ${OPTION_NAMES.join(", ")}.`,
    );
  const { headers = [], stream = false } = mark;
  if (!Array.isArray(headers) || headers.some((name) => typeof name !== "string"))
    throw new ConfigurationError(`${where}: headers`, "is no list of names.", 'Write ["x-total"].');
  if (typeof stream !== "boolean")
    throw new ConfigurationError(
      `${where}: stream`,
      `${JSON.stringify(stream)} is not true or false.`,
      "Give one.",
    );
  if (stream && headers.length > 0)
    throw new ConfigurationError(
      `${where}: headers`,
      "are not signed where stream is true.",
      "Leave one of the two out.",
    );
}
