import type { Type } from "@nestjs/common";
import {
  ConfigurationError,
  flag,
  list,
  type OptionsOf,
  readOptions,
  ResponseSigner,
  type RoutePolicy,
  type Scheme,
  text,
} from "@lacre/core";
import type { AnswerRule } from "@lacre/node";
import type { HmacSettings } from "../hmac.options.js";
import { HMAC_ANSWER, HMAC_ROUTE } from "../hmac.tokens.js";

const ANSWER_OPTIONS = {
  /** Headers to sign beside those that must be, where the answer has them. A method's are added to its class's. */
  headers: list(text({ as: "a name", example: "x-total", shown: true }), {
    example: ["x-total"],
    default: [],
    repeats: true,
  }),
  /** The answers have no known end, or are too large to be kept back: they are sent unsigned. */
  stream: flag({ default: false }),
};

/** How the answers of a route are signed. */
export interface HmacSignedResponseOptions extends OptionsOf<typeof ANSWER_OPTIONS> {}

const UNSIGNED: AnswerRule = Object.freeze({ signed: false, demanded: false, headers: [] });

/** Reads what `@HmacSignedResponse()` says of answers. */
export class AnswerMarks {
  readonly #schemes: readonly Scheme[];
  readonly #signer: ResponseSigner;
  readonly #unmarked: AnswerRule;
  /** Node or a proxy writes the date, the schemes the others, whatever a handler sets. */
  readonly #notYetThere: readonly string[];

  /** @throws ConfigurationError where all answers are to be signed, and no scheme does */
  constructor({ schemes, signResponses }: Pick<HmacSettings, "schemes" | "signResponses">) {
    const signing = schemes.flatMap(({ responses }) => responses ?? []);
    if (signResponses && signing.length === 0)
      throw new ConfigurationError(
        "signResponses",
        "none of the enabled schemes signs answers.",
        "Enable one that does.",
      );
    this.#schemes = schemes;
    this.#signer = new ResponseSigner(schemes);
    this.#unmarked = Object.freeze({ signed: signResponses, demanded: false, headers: [] });
    const written = signing.flatMap(({ field, clockField }) => [field, clockField ?? []].flat());
    this.#notYetThere = ["date", ...written.map((name) => name.toLowerCase())];
  }

  /**
   * The rule of one handler: a method adds to and overrides its class.
   * @throws ConfigurationError for rules that cannot be kept
   */
  read(controller: Type, handler: object, route: RouteFacts): AnswerRule {
    const onMethod = Reflect.getMetadata(HMAC_ANSWER, handler) as Mark;
    const onClass = Reflect.getMetadata(HMAC_ANSWER, controller) as Mark;
    if (onMethod === undefined && onClass === undefined) return this.#unmarked;
    const where = `@HmacSignedResponse on ${controller.name}.${(handler as { name?: string }).name ?? "handler"}`;
    for (const mark of [onMethod, onClass]) if (mark !== undefined) checkMark(mark, where);

    if (route.isPublic) {
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
    if (signed) this.#checkSchemes(route.policy, where);
    return Object.freeze({ signed, demanded: signed, headers });
  }

  /** Draws up an answer with all of them, so that the scheme itself says what it will not sign. */
  #checkHeaders(headers: readonly string[], where: string): void {
    let problem = headers.find((name) => this.#notYetThere.includes(name));
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

  #checkSchemes({ schemes }: RoutePolicy, where: string): void {
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

/** What the answers of a route depend on. */
interface RouteFacts {
  readonly isPublic: boolean;
  readonly policy: RoutePolicy;
}

type Mark = HmacSignedResponseOptions | undefined;

function checkMark(mark: HmacSignedResponseOptions, where: string): void {
  const { headers, stream } = readOptions(ANSWER_OPTIONS, mark, "the decorator", `${where}: `);
  if (stream && headers.length > 0)
    throw new ConfigurationError(
      `${where}: headers`,
      "are not signed where stream is true.",
      "Leave one of the two out.",
    );
}
