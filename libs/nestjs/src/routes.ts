import { RequestMethod, type Type } from "@nestjs/common";
import { ConfigurationError, type RoutePolicy, type Scheme } from "@lacre/core";
import type { HmacSettings } from "./hmac.options.js";
import { HMAC_ROUTE } from "./hmac.tokens.js";

/** What a route asks for beyond the minimum of the protocol. */
export interface HmacRouteOptions {
  /** The schemes that it takes; the first of the module's unless said otherwise. */
  readonly schemes?: readonly string[];
  /** Scopes that the app must have; otherwise 403. A method's are added to its class's. */
  readonly scopes?: readonly string[];
  /** Headers that must be present and signed. A method's are added to its class's. */
  readonly signedHeaders?: readonly string[];
  /** How old a request may be, in seconds, instead of the module's `maxAge`. */
  readonly maxAge?: number;
  /**
   * `"once"`: even a GET or HEAD of a scheme without a nonce is good once. Otherwise those may be repeated within their
   * time, if the method is signed; everything else is good once in any case.
   */
  readonly replay?: "once";
  /**
   * `"stream"`: the handler reads the content while it arrives, and its stream fails instead of ending when the
   * content is not what was signed. Write to a temporary place and keep it only after the end.
   */
  readonly body?: "buffer" | "stream";
  /**
   * The most content that the route takes, in bytes; the module's `maxBodyBytes` unless said. More is 413. A streamed
   * route has no bound unless it says one.
   */
  readonly maxBodyBytes?: number;
  /** Takes presigned URLs for GET and HEAD that live for at most so many seconds; takes none unless said. */
  readonly presigned?: number;
}

/** The metadata that the decorators leave. */
export type HmacRouteMetadata =
  | { readonly public: true }
  | { readonly public: false; readonly options: HmacRouteOptions };

/** A route's place in the app's protection: unmarked, public, or protected under rules. */
export type RouteRule = "unmarked" | "public" | RoutePolicy;

const OPTION_NAMES = [
  "schemes",
  "scopes",
  "signedHeaders",
  "maxAge",
  "replay",
  "body",
  "maxBodyBytes",
  "presigned",
];

/** The rules of this app's routes, read from the decorators' metadata. */
export class Routes {
  readonly #schemes: readonly Scheme[];
  readonly #maxBodyBytes: number;
  readonly #rules = new WeakMap<object, Map<unknown, RouteRule>>();
  readonly #policies: RoutePolicy[] = [];
  #largestBodyBytes = 0;
  /** For routes without rules of their own. */
  readonly defaultPolicy: RoutePolicy;

  constructor({ schemes, maxBodyBytes }: Pick<HmacSettings, "schemes" | "maxBodyBytes">) {
    this.#schemes = schemes;
    this.#maxBodyBytes = maxBodyBytes;
    this.defaultPolicy = this.#policy({}, "HmacModule");
  }

  /** Every rule that was read. Complete once all routes have been, which is done at the start. */
  get policies(): readonly RoutePolicy[] {
    return this.#policies;
  }

  /** The most content that any route takes, in bytes. */
  get largestBodyBytes(): number {
    return this.#largestBodyBytes;
  }

  /** What a rule asks of requests that are held to it. */
  policyOf(rule: RouteRule): RoutePolicy {
    return typeof rule === "object" ? rule : this.defaultPolicy;
  }

  /**
   * The rule of one handler: the method's mark where it has one, else its class's; a method adds to and overrides
   * its class.
   * @throws ConfigurationError for rules that can not be kept
   */
  ruleOf(controller: Type, handler: object): RouteRule {
    let ofClass = this.#rules.get(controller);
    if (ofClass === undefined) this.#rules.set(controller, (ofClass = new Map()));
    let rule = ofClass.get(handler);
    if (rule === undefined) ofClass.set(handler, (rule = this.#read(controller, handler)));
    return rule;
  }

  #read(controller: Type, handler: object): RouteRule {
    const onMethod = Reflect.getMetadata(HMAC_ROUTE, handler) as HmacRouteMetadata | undefined;
    const onClass = Reflect.getMetadata(HMAC_ROUTE, controller) as HmacRouteMetadata | undefined;
    const nearest = onMethod ?? onClass;
    if (nearest === undefined) return "unmarked";
    if (nearest.public) return "public";
    const outer = onClass === undefined || onClass.public ? {} : onClass.options;
    const inner = onMethod === undefined || onMethod.public ? {} : onMethod.options;
    const where = `@HmacProtected on ${controller.name}.${(handler as { name?: string }).name ?? "handler"}`;
    checkMethod(inner, handler, where);
    for (const options of [outer, inner])
      for (const name of LISTS) checkNames(options[name], `${where}: ${name}`);
    return this.#policy(
      {
        ...outer,
        ...inner,
        scopes: [...(outer.scopes ?? []), ...(inner.scopes ?? [])],
        signedHeaders: [...(outer.signedHeaders ?? []), ...(inner.signedHeaders ?? [])],
      },
      where,
    );
  }

  #policy(options: HmacRouteOptions, where: string): RoutePolicy {
    const stranger = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
    if (stranger !== undefined)
      throw new ConfigurationError(
        `${where}: ${stranger}`,
        "is not known.",
        `Options: ${OPTION_NAMES.join(", ")}.`,
      );
    const names = this.#schemes.map(({ name }) => name);
    const {
      schemes = names.slice(0, 1),
      scopes = [],
      signedHeaders = [],
      maxAge,
      replay,
      body = "buffer",
      maxBodyBytes = body === "buffer" ? this.#maxBodyBytes : undefined,
      presigned,
    } = options;
    const unknown = schemes.find((name) => !names.includes(name));
    if (unknown !== undefined || schemes.length === 0)
      throw new ConfigurationError(
        `${where}: schemes`,
        `${JSON.stringify(unknown ?? [])} is not enabled.`,
        `Enabled in HmacModule: ${names.join(", ")}.`,
      );
    if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 1 && maxAge <= DAY))
      throw new ConfigurationError(
        `${where}: maxAge`,
        `is ${JSON.stringify(maxAge)}.`,
        "Give whole seconds, 1 to 86400: what is more than a day old is refused in any case.",
      );
    if (body !== "buffer" && body !== "stream")
      throw new ConfigurationError(`${where}: body`, "is not known.", 'Use "buffer" or "stream".');
    if (maxBodyBytes !== undefined && (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0))
      throw new ConfigurationError(
        `${where}: maxBodyBytes`,
        `is ${JSON.stringify(maxBodyBytes)}.`,
        "Give a whole number of bytes, 0 or more.",
      );
    this.#checkPresigned(presigned, schemes, where);
    if (replay !== undefined && replay !== "once")
      throw new ConfigurationError(`${where}: replay`, "is not known.", 'Use "once".');
    const policy: RoutePolicy = Object.freeze({
      schemes,
      scopes: [...new Set(scopes)],
      signedHeaders: [...new Set(signedHeaders.map((name) => name.toLowerCase()))],
      ...(maxAge !== undefined && { maxAgeSeconds: maxAge }),
      ...(presigned !== undefined && { presignedSeconds: presigned }),
      ...(replay === "once" && { once: true }),
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      stream: body === "stream",
    });
    this.#policies.push(policy);
    this.#largestBodyBytes = Math.max(this.#largestBodyBytes, maxBodyBytes ?? 0);
    return policy;
  }

  // docs/protocol.md section 12: at most six digits.
  #checkPresigned(presigned: unknown, schemes: readonly string[], where: string): void {
    if (presigned === undefined) return;
    const seconds = Number.isSafeInteger(presigned) ? (presigned as number) : 0;
    if (seconds < 1 || seconds > 999_999)
      throw new ConfigurationError(
        `${where}: presigned`,
        `${JSON.stringify(presigned)} will not do.`,
        "Give the longest life of a URL in whole seconds, 1 to 999999.",
      );
    const takers = this.#schemes.filter((scheme) => scheme.presigned !== undefined);
    if (!takers.some(({ name }) => schemes.includes(name)))
      throw new ConfigurationError(
        `${where}: presigned`,
        `no scheme of this route has presigned URLs.`,
        "Add one to the route's schemes, such as lacre1.",
      );
  }
}

const DAY = 86_400; // seconds

const LISTS = ["schemes", "scopes", "signedHeaders"] as const;

/** A text in place of a list would be taken for its letters. */
function checkNames(names: unknown, option: string): void {
  if (names === undefined) return;
  if (Array.isArray(names) && names.every((name) => typeof name === "string" && name !== ""))
    return;
  throw new ConfigurationError(
    option,
    "must be a list of names.",
    'Write them in brackets: ["…"].',
  );
}

/** A mark of its own that a route could never keep. A class's is for those of its methods that can. */
function checkMethod({ presigned }: HmacRouteOptions, handler: object, where: string): void {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (presigned === undefined || method === undefined || MAY_BE_GET.includes(method)) return;
  throw new ConfigurationError(
    `${where}: presigned`,
    "stands on a route that is neither GET nor HEAD.",
    "A presigned URL is for these two; take the option away.",
  );
}

/** The key under which Nest's @Get() and its kin leave the method. */
const METHOD_METADATA = "method";
const MAY_BE_GET: readonly RequestMethod[] = [
  RequestMethod.GET,
  RequestMethod.HEAD,
  RequestMethod.ALL,
];
