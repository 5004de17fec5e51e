import { hash } from "node:crypto";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { Logger, type ExecutionContext } from "@nestjs/common";
import { ExecutionContextHost } from "@nestjs/core/helpers/execution-context-host.js";
import type {
  ThrottlerGetTrackerFunction,
  ThrottlerLimitDetail,
  ThrottlerStorage,
} from "@nestjs/throttler";
import { lineOf, reasonOf, type Authentic, type Maybe, type RoutePolicy } from "@lacre/core";
import type { Attempt, Turnstile } from "@lacre/node";
import { Blocks } from "./blocks.js";
import { JudgedAtOnce, type Place } from "./judged-at-once.js";
import { ofAddress, ofAppAt, type Addresses } from "./trackers.js";

/** How many refused requests may come from one address. */
export interface RefusedLimit {
  readonly name: string;
  readonly limit: number;
  readonly ttlMs: number;
  readonly blockMs: number;
  readonly getTracker: ThrottlerGetTrackerFunction;
}

/** What a turnstile works with. */
export interface TurnstileTerms {
  readonly limits: readonly RefusedLimit[];
  readonly storage: ThrottlerStorage;
  readonly addresses: Addresses;
  /** Throws 429, with its headers. */
  readonly reject: (context: ExecutionContext, detail: ThrottlerLimitDetail) => Promise<void>;
}

/**
 * Turns away, before any work is done for it, what comes from an address that has sent too many requests that were
 * refused. Requests that were right count for their apps, and never here. What an app has really sent and is refused
 * with 403 or 413 counts for that app at that address, and holds up nobody else there.
 */
export class AddressTurnstile implements Turnstile {
  readonly #terms: TurnstileTerms;
  readonly #blocks = new Blocks();
  readonly #judged = new JudgedAtOnce();
  /** The places of those that are not known to be right. */
  readonly #places = new WeakMap<Attempt, readonly Place[]>();
  /** Those of whose refusal it knows: a query may be refused by several resolvers. */
  readonly #refused = new WeakSet<Attempt>();
  readonly #logger = new Logger("HmacThrottlerGuard");

  constructor(terms: TurnstileTerms) {
    this.#terms = terms;
  }

  /** Has the MAC computed here: what is right makes room for the next at once. */
  enter(attempt: Attempt, rules: readonly RoutePolicy[]): Maybe<void> {
    if (this.#terms.limits.length > 0) return this.#enter(attempt, rules);
  }

  async #enter(attempt: Attempt, rules: readonly RoutePolicy[]): Promise<void> {
    const context = contextOf(attempt);
    const places: Place[] = [];
    this.#places.set(attempt, places);
    try {
      const addresses = await this.#addressesOf(context);
      for (const [limit, address] of addresses)
        places.push(await this.#placeOf(limit, ofAddress(address), context));
      const proof = await proofOf(attempt, rules);
      if (proof === undefined) return; // it keeps its places until its refusal is counted
      this.#leave(attempt);
      for (const [limit, address] of addresses)
        await this.#stopBlocked(whoOf(limit, ofAppAt(proof.app.appId, address)), context);
    } catch (error) {
      this.#leave(attempt);
      throw error;
    }
  }

  /** Waits for room among those of its address that are judged now. */
  async #placeOf(limit: RefusedLimit, tracker: string, context: ExecutionContext): Promise<Place> {
    const who = whoOf(limit, tracker);
    for (;;) {
      await this.#stopBlocked(who, context);
      const place = this.#judged.take(who, limit.limit);
      if (place !== undefined) return place;
      await this.#judged.waitFor(who);
    }
  }

  async #stopBlocked(who: string, context: ExecutionContext): Promise<void> {
    const block = this.#blocks.of(who);
    if (block === undefined) return;
    this.#judged.wake(who);
    await this.#terms.reject(context, block);
  }

  #leave(attempt: Attempt): void {
    for (const place of this.#places.get(attempt) ?? []) this.#judged.leave(place);
    this.#places.delete(attempt);
  }

  /**
   * Counts the request with its answer, unless something else has let it in after all, as a guard may that takes other
   * credentials as well. The answer ends here whether its caller is still there or not.
   */
  refused(attempt: Attempt, status: number): void {
    // In doubt, or a repeat that is acknowledged: which is not its fault.
    if (status === 503 || status < 400) return this.#leave(attempt);
    if (this.#refused.has(attempt)) return;
    this.#refused.add(attempt);
    onceAnswered(attempt.response, (isAnswered) => {
      if (isAnswered && wasLetIn(attempt)) return this.#leave(attempt);
      this.#count(attempt, status === 401 ? undefined : attempt.proof?.app.appId)
        .catch((error: unknown) =>
          this.#logger.error(`a refused request cannot be counted: ${reasonOf(error)}`),
        )
        .finally(() => this.#leave(attempt));
    });
  }

  /** @param appId whose request it was, where it counts for the app at its address */
  async #count(attempt: Attempt, appId: string | undefined): Promise<void> {
    const context = contextOf(attempt);
    for (const [each, address] of await this.#addressesOf(context)) {
      const { name, limit, ttlMs: ttl, blockMs } = each;
      const tracker = appId === undefined ? ofAddress(address) : ofAppAt(appId, address);
      const who = whoOf(each, tracker);
      const key = hash("sha256", `lacre refused ${who}`);
      // One less, since the last one that is allowed shuts the turnstile behind it.
      const counted = await this.#terms.storage.increment(key, ttl, limit - 1, blockMs, name);
      if (!counted.isBlocked) continue;
      if (this.#blocks.of(who) === undefined)
        this.#logger.warn(
          `${limit} requests of ${lineOf(tracker)} were refused: 429 for ${counted.timeToBlockExpire} s${hintOf(context, address)}`,
        );
      this.#blocks.note(who, { ...counted, limit, ttl, key, tracker });
    }
  }

  /** Without those that know no address: all callers would be one. */
  async #addressesOf(context: ExecutionContext): Promise<[RefusedLimit, string][]> {
    const { limits, addresses } = this.#terms;
    const known: [RefusedLimit, string][] = [];
    for (const limit of limits) {
      const request = context.getArgByIndex<object>(0);
      const address = await addresses.of(limit.getTracker, request, context);
      if (address !== undefined) known.push([limit, address]);
    }
    return known;
  }
}

/** How long an answer is waited for where nobody is left to read it. */
const ABANDONED_MS = 250;

/**
 * Once an answer is made. Not when it is sent: it may wait behind others of its connection, for as long as a caller likes,
 * and on a connection that was reset it never is.
 */
function onceAnswered(response: ServerResponse, then: (isAnswered: boolean) => void): void {
  if (response.writableEnded) return then(true);
  let isSettled = false;
  const settle = (isAnswered: boolean): void => {
    if (isSettled) return;
    isSettled = true;
    then(isAnswered);
  };
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  response.end = (...args: unknown[]) => {
    settle(true);
    return end(...args);
  };
  const abandon = (): void => void setTimeout(settle, ABANDONED_MS, false).unref();
  if (response.destroyed) abandon();
  else response.once("close", abandon);
}

const whoOf = ({ name }: RefusedLimit, tracker: string): string => `${name} ${tracker}`;

/** Who made the request, under the first rule that can tell. Why it is nobody is found out by whoever judges it. */
async function proofOf(
  attempt: Attempt,
  rules: readonly RoutePolicy[],
): Promise<Authentic | undefined> {
  for (const rule of rules) {
    try {
      return await attempt.ask().authenticate(rule);
    } catch {
      // perhaps under the next
    }
  }
  return undefined;
}

/**
 * Whether something else has let a request in that was refused here. The answer's status says so, unless it is one for
 * several resolvers: then it is whoever else has found a user.
 */
function wasLetIn({ isShared, framed, response }: Attempt): boolean {
  if (response.statusCode >= 400) return false;
  return !isShared || (framed as { user?: unknown }).user !== undefined;
}

/** What may be wrong where a proxy hands on the addresses of callers, and its own is taken for theirs. */
function hintOf(context: ExecutionContext, address: string): string {
  const { headers, ip, ips = [] } = context.switchToHttp().getRequest<Forwarded>();
  return headers["x-forwarded-for"] !== undefined && ips.length <= 1 && address === ip
    ? ". They came with X-Forwarded-For: if this is a proxy, name it in trustedProxies of HmacModule, or all callers are one"
    : "";
}

/** What Express and Fastify say of addresses. */
interface Forwarded {
  readonly headers: IncomingHttpHeaders;
  readonly ip?: string;
  readonly ips?: readonly string[];
}

/** Of a request whose route is not known yet: without class and handler. */
const contextOf = ({ framed, response }: Attempt): ExecutionContext =>
  new ExecutionContextHost([framed, response]);
