import { isPromise, Refusal, type RoutePolicy } from "@lacre/core";
import type { Attempt, Gate } from "@lacre/node";
import type { RouteTable } from "../route-table.js";
import type { Route } from "../route.js";

/**
 * Early refusal: where every route that a request can reach is protected, a request that none of their rules could
 * accept is turned away before any parser spends time on its content, and before a parser's 400 or 415 can come first.
 * The guard decides in any case; a door that stays open lets nobody in.
 */
export class Door {
  /**
   * Metadata on a route's handler: the rules that this app holds its requests to; none where it may be open. Nest copies
   * a method's metadata to the handler that it gives the router. The key is the app's own, since two apps may share a
   * controller and not its protection.
   */
  readonly #rules = Symbol("lacre door");
  /** Metadata on a route's handler: that something verifies its requests, be it a guard without a mark. */
  readonly #guarded = Symbol("lacre guarded");
  /** Each rule, for content that is judged while it flows. */
  readonly #flowing: ReadonlyMap<RoutePolicy, RoutePolicy>;
  readonly #gate: Gate;
  /** The most content that any route takes, in bytes. */
  readonly largestBodyBytes: number;

  constructor(gate: Gate, { routes, largestBodyBytes }: RouteTable) {
    this.#gate = gate;
    this.largestBodyBytes = largestBodyBytes;
    this.#flowing = new Map(routes.map(({ policy }) => [policy, flowing(policy)]));
    for (const route of routes) {
      this.#mark(route);
      if (route.isVerified) Reflect.defineMetadata(this.#guarded, true, route.handler);
    }
  }

  /** An inherited method is as closed as the class that leaves it most open. */
  #mark({ handler, policy, isProtected }: Route): void {
    const before = Reflect.getMetadata(this.#rules, handler) as readonly RoutePolicy[] | undefined;
    const isOpen = !isProtected || before?.length === 0;
    Reflect.defineMetadata(this.#rules, isOpen ? [] : [...(before ?? []), policy], handler);
  }

  /** Whether something verifies the requests of this handler of the router. */
  isGuarded(handler: object): boolean {
    return Reflect.hasMetadata(this.#guarded, handler);
  }

  /** The rules of which one is the request's, for a request that can reach these handlers; none if one may be open. */
  rulesOf(handlers: readonly object[]): readonly RoutePolicy[] {
    const all = handlers.map(
      (handler) => (Reflect.getMetadata(this.#rules, handler) ?? []) as readonly RoutePolicy[],
    );
    if (all.length === 1) return all[0] as readonly RoutePolicy[];
    return all.some((rules) => rules.length === 0) ? [] : [...new Set(all.flat())];
  }

  /**
   * Lets a request on to the parsers only if its head is authentic and its content is what was signed, under one of
   * these rules; on a streamed route the content is judged while it flows.
   * @param done called with the HmacException of a request that is turned away
   */
  knock(attempt: Attempt, rules: readonly RoutePolicy[], done: Done): void {
    if (isPreflight(attempt)) return done();
    this.#turnAway(attempt, rules).then(done, done);
  }

  /** The exception of a request that is turned away. */
  async #turnAway(attempt: Attempt, rules: readonly RoutePolicy[]): Promise<Error | undefined> {
    const flows = rules.some(({ stream }) => stream);
    const judgedBy = (rule: RoutePolicy) => (flows && this.#flowing.get(rule)) || rule;
    const entered = this.#gate.entrance.enter(attempt, flows ? rules.map(judgedBy) : rules);
    if (isPromise(entered)) await entered;
    const refusals: Refusal[] = [];
    for (const rule of rules) {
      try {
        await this.#gate.checkContent(attempt, judgedBy(rule));
        return undefined;
      } catch (error) {
        if (!(error instanceof Refusal)) return this.#gate.errorOf(attempt, error, rule);
        refusals.push(error);
      }
    }
    // Where they do not look alike, only the guard can tell which of them is right.
    const [first] = refusals;
    return first !== undefined && refusals.every(({ status }) => status === first.status)
      ? this.#gate.errorOf(attempt, first, rules[0] as RoutePolicy)
      : undefined;
  }
}

const flowing = (policy: RoutePolicy): RoutePolicy => ({
  ...policy,
  stream: true,
  maxBodyBytes: undefined,
});

type Done = (error?: unknown) => void;

// Fetch Standard, "CORS-preflight fetch": it never carries credentials, and its answer comes from elsewhere.
function isPreflight({ request }: Attempt): boolean {
  const { method, headers } = request;
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    "access-control-request-method" in headers
  );
}
