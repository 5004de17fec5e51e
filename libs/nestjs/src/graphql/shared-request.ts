import { type Maybe, type Principal, type RoutePolicy } from "@lacre/core";
import { attemptOf, type Attempt } from "@lacre/node";
import { acrossBuilds } from "../across-builds.js";

/** Judges the request under a rule. */
type Judge = (policy: RoutePolicy) => Maybe<Principal>;

/**
 * A GraphQL request, which several resolvers share. They are judged one after the other, and each rule once, however
 * many aliases ask: one request writes no more lines of the log than the application has rules.
 *
 * Whoever was let in first is the caller of the whole request. A request can carry credentials of two schemes, each of
 * which some resolver takes; a resolver must never see a principal that was judged by another resolver's rule.
 */
class SharedRequest {
  readonly #attempt: Attempt;
  readonly #verdicts = new Map<RoutePolicy, Promise<Principal>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    attempt.isShared = true;
  }

  /** @throws HmacException where the rule refuses the request, or would let another caller in */
  admit(policy: RoutePolicy, judge: Judge): Promise<Principal> {
    const known = this.#verdicts.get(policy);
    if (known !== undefined) return known;
    const verdict = this.#last.then(() => judge(this.#narrowed(policy)));
    this.#verdicts.set(policy, verdict);
    this.#last = verdict.catch(() => undefined);
    return verdict;
  }

  /** A rule that does not take the scheme of the caller takes none. */
  #narrowed(policy: RoutePolicy): RoutePolicy {
    const scheme = this.#attempt.principal?.scheme;
    const isOpen = scheme === undefined || policy.schemes.includes(scheme);
    return isOpen ? policy : { ...policy, schemes: [] };
  }
}

const requests = acrossBuilds("graphql requests", () => new WeakMap<Attempt, SharedRequest>());

/** What is known of a GraphQL request that arrived here. */
export function sharedRequestOf(request: object): SharedRequest {
  const attempt = attemptOf(request);
  if (attempt === undefined) throw new Error("this request did not arrive in this app");
  const known = requests.get(attempt) ?? new SharedRequest(attempt);
  requests.set(attempt, known);
  return known;
}
