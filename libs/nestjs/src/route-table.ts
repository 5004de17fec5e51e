import type { Type } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";
import { ConfigurationError, type RoutePolicy } from "@lacre/core";
import { largestBodyOf, readRoute, type GateRules } from "@lacre/node";
import { AnswerMarks } from "./answers/answer-mark.js";
import type { HmacSettings } from "./hmac.options.js";
import { checkResolver, isRootResolver } from "./graphql/check-resolver.js";
import { HMAC_ROUTE } from "./hmac.tokens.js";
import type { RouteGuards } from "./route-guards.js";
import { readRule, type RouteRule } from "./route-rule.js";
import type { Route } from "./route.js";

/**
 * Reads the marks of all routes, before the first request, so that a bad one stops the start. Nothing is changed.
 * @throws ConfigurationError for rules that cannot be kept
 */
export function scan(
  discovery: DiscoveryService,
  settings: HmacSettings,
  guards: RouteGuards,
): RouteTable {
  return new RouteTable(settings, handlersOf(discovery), guards);
}

/** The rules of all routes of an app, by their handlers. */
export class RouteTable implements GateRules {
  readonly routes: readonly Route[];
  /** For routes without rules of their own. */
  readonly defaultPolicy: RoutePolicy;
  readonly policies: readonly RoutePolicy[];
  readonly largestBodyBytes: number;
  readonly signsAny: boolean;
  readonly guardsAll: boolean;
  /** Whether another strategy of Passport may let in requests to any route. */
  readonly alternativesEverywhere: boolean;
  readonly #settings: HmacSettings;
  readonly #guards: RouteGuards;
  readonly #answers: AnswerMarks;
  readonly #routes = new Map<object, Map<object, Route>>();

  constructor(settings: HmacSettings, handlers: Iterable<Handler>, guards: RouteGuards) {
    this.#settings = settings;
    this.#guards = guards;
    this.#answers = new AnswerMarks(settings);
    this.guardsAll = settings.globalGuard;
    this.alternativesEverywhere = guards.alternativesEverywhere;
    this.defaultPolicy = readRoute({}, "HmacModule", settings);
    this.routes = Array.from(handlers, ({ controller, handler }) => this.#add(controller, handler));
    const own = this.routes.flatMap(({ rule }) => (typeof rule === "object" ? [rule] : []));
    this.policies = [this.defaultPolicy, ...own];
    this.largestBodyBytes = largestBodyOf(this.policies);
    this.signsAny = settings.signResponses || this.routes.some(({ answers }) => answers.demanded);
  }

  /**
   * The rules of one handler. One that was not there at the start is read when its first request comes.
   * @throws ConfigurationError for rules that cannot be kept
   */
  routeOf(controller: Type, handler: object): Route {
    const known = this.#routes.get(controller)?.get(handler);
    if (known !== undefined) return known;
    const route = this.#add(controller, handler);
    if (route.answers.demanded && !this.signsAny)
      throw new ConfigurationError(
        `@HmacSignedResponse on ${controller.name}`,
        "must be there at the start.",
        "Register the controller in a module.",
      );
    return route;
  }

  #add(controller: Type, handler: object): Route {
    const rule = readRule(controller, handler, this.#settings);
    const policy = typeof rule === "object" ? rule : this.defaultPolicy;
    const isProtected = this.#isProtected(rule);
    const route: Route = Object.freeze({
      controller,
      handler,
      rule,
      policy,
      answers: this.#answers.read(controller, handler, { isPublic: rule === "public", policy }),
      isProtected,
      isVerified:
        isProtected ||
        this.#guards.verifiesEverywhere ||
        this.#guards.verify(controller) ||
        this.#guards.verify(handler),
      hasAlternatives:
        this.#guards.hasAlternatives(controller) || this.#guards.hasAlternatives(handler),
    });
    checkResolver(route);
    const ofClass = this.#routes.get(controller);
    if (ofClass === undefined) this.#routes.set(controller, new Map([[handler, route]]));
    else ofClass.set(handler, route);
    return route;
  }

  /** A test that overrides the guard of a mark opens what is marked; one that overrides that of all, what is not. */
  #isProtected(rule: RouteRule): boolean {
    if (rule === "public") return false;
    if (rule === "unmarked") return this.guardsAll && !this.#guards.isReplaced("global");
    return !this.#guards.isReplaced("route");
  }
}

/** A method that a rule may stand on, with the class that Nest will name as its own. */
type Handler = Pick<Route, "controller" | "handler">;

/** The methods of all controllers, their ancestors' too, and of other providers where they are resolvers or marked. */
function* handlersOf(discovery: DiscoveryService): Iterable<Handler> {
  for (const { metatype } of discovery.getControllers()) yield* methodsOf(metatype);
  for (const { metatype } of discovery.getProviders())
    for (const each of methodsOf(metatype))
      if (isMarked(each.controller) || isMarked(each.handler) || isRootResolver(each.handler))
        yield each;
}

const isMarked = (target: object): boolean => Reflect.hasMetadata(HMAC_ROUTE, target);

function* methodsOf(metatype: unknown): Iterable<Handler> {
  if (typeof metatype !== "function") return;
  const controller = metatype as Type;
  for (
    let level = controller.prototype as object | null | undefined;
    level !== null && level !== undefined && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  )
    for (const name of Object.getOwnPropertyNames(level)) {
      const method: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
      if (typeof method === "function" && name !== "constructor")
        yield { controller, handler: method };
    }
}
