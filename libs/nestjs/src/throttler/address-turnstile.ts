import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Logger, type ExecutionContext } from "@nestjs/common";
import { ExecutionContextHost } from "@nestjs/core/helpers/execution-context-host.js";
import type {
  ThrottlerGetTrackerFunction,
  ThrottlerLimitDetail,
  ThrottlerStorage,
} from "@nestjs/throttler";
import { lineOf, reasonOf, type Maybe } from "@lacre/core";
import type { Attempt, Turnstile } from "@lacre/node";
import { Blocks } from "./blocks.js";

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
  /** Throws 429, with its headers. */
  readonly reject: (context: ExecutionContext, detail: ThrottlerLimitDetail) => Promise<void>;
}

/**
 * Turns away, before any work is done for it, what comes from an address that has sent too many requests that were
 * refused. Requests that were right count for their apps, and never here.
 */
export class AddressTurnstile implements Turnstile {
  readonly #terms: TurnstileTerms;
  readonly #blocks = new Blocks();
  readonly #logger = new Logger("HmacThrottlerGuard");

  constructor(terms: TurnstileTerms) {
    this.#terms = terms;
  }

  /** At once while no address is turned away: right requests need not wait for theirs to be found out. */
  enter(attempt: Attempt): Maybe<void> {
    if (!this.#blocks.isEmpty) return this.#stopBlocked(attempt);
  }

  async #stopBlocked(attempt: Attempt): Promise<void> {
    const { limits, reject } = this.#terms;
    const context = contextOf(attempt);
    for (const limit of limits) {
      const tracker = await trackerOf(limit, context);
      const block = tracker === undefined ? undefined : this.#blocks.of(whoOf(limit, tracker));
      if (block !== undefined) await reject(context, block);
    }
  }

  /**
   * Counts the request with its answer, unless something else has let it in after all, as a guard may that takes other
   * credentials as well. The answer ends here whether its caller is still there or not.
   */
  refused(attempt: Attempt): void {
    const { response } = attempt;
    response.once("prefinish", () => {
      if (response.statusCode < 400) return;
      this.#count(contextOf(attempt)).catch((error: unknown) =>
        this.#logger.error(`a refused request cannot be counted: ${reasonOf(error)}`),
      );
    });
  }

  async #count(context: ExecutionContext): Promise<void> {
    const { limits, storage } = this.#terms;
    for (const each of limits) {
      const { name, limit, ttlMs: ttl, blockMs } = each;
      const tracker = await trackerOf(each, context);
      if (tracker === undefined) continue;
      const who = whoOf(each, tracker);
      const key = hash("sha256", `lacre refused ${who}`);
      // One less, since the last one that is allowed shuts the turnstile behind it.
      const counted = await storage.increment(key, ttl, Math.max(0, limit - 1), blockMs, name);
      if (!counted.isBlocked) continue;
      if (this.#blocks.of(who) === undefined)
        this.#logger.warn(
          `${limit} requests of ${lineOf(tracker)} were refused: 429 for ${counted.timeToBlockExpire} s${hintOf(context, tracker)}`,
        );
      this.#blocks.note(who, { ...counted, limit, ttl, key, tracker });
    }
  }
}

const whoOf = ({ name }: RefusedLimit, tracker: string): string => `${name} ${tracker}`;

/** Undefined where there is no address, as behind a Unix socket: all callers would be one. */
const trackerOf = async (
  { getTracker }: RefusedLimit,
  context: ExecutionContext,
): Promise<string | undefined> =>
  (await getTracker(context.switchToHttp().getRequest(), context)) as string | undefined;

/** What may be wrong where a proxy hands on the addresses of callers, and its own is taken for theirs. */
function hintOf(context: ExecutionContext, tracker: string): string {
  const { headers, ip, ips = [] } = context.switchToHttp().getRequest<Forwarded>();
  return headers["x-forwarded-for"] !== undefined && ips.length <= 1 && tracker === ip
    ? ". They came with X-Forwarded-For: if this is a proxy, set trust proxy or trustProxy, or all callers are one"
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
