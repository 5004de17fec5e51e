import { Logger } from "@nestjs/common";
import type { ThrottlerStorage } from "@nestjs/throttler";
import { reasonOf, within } from "@lacre/core";

type Counted = Awaited<ReturnType<ThrottlerStorage["increment"]>>;

/** How long a count may take. A client that queues while its server is away would hold all requests up. */
const TIMEOUT_MS = 250;
/** After a failure the storage is asked once in so long. */
const PAUSE_MS = 1_000;

const NOT_COUNTED: Counted = {
  totalHits: 0,
  timeToExpire: 0,
  isBlocked: false,
  timeToBlockExpire: 0,
};

/**
 * What a storage has answered; its times go into headers.
 * @throws where it is nothing that a count can be
 */
function countedOf(answer: Partial<Counted> | null | undefined): Counted {
  const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = answer ?? {};
  // The one in memory says a negative time where nobody is blocked.
  const times = isBlocked === true ? [timeToExpire, timeToBlockExpire] : [timeToExpire];
  const isRight =
    typeof isBlocked === "boolean" &&
    [totalHits, ...times].every((each) => Number.isFinite(each) && Number(each) >= 0);
  if (isRight) return answer as Counted;
  throw new Error("its answer is no count");
}

/**
 * A storage that limits nobody while it fails. Limits keep load away and open nothing: signatures are checked as before,
 * so an outage of the counters is no reason to turn right requests away.
 */
export class LenientStorage implements ThrottlerStorage {
  readonly #inner: ThrottlerStorage;
  readonly #logger = new Logger("HmacThrottlerGuard");
  /** When it is asked again, while it fails. */
  #askAgainMs: number | undefined;

  constructor(inner: ThrottlerStorage) {
    this.#inner = inner;
  }

  async increment(...count: Parameters<ThrottlerStorage["increment"]>): Promise<Counted> {
    const nowMs = Date.now();
    if (this.#askAgainMs !== undefined) {
      if (nowMs < this.#askAgainMs) return NOT_COUNTED;
      this.#askAgainMs = nowMs + PAUSE_MS;
    }
    try {
      const counted = countedOf(await within(TIMEOUT_MS, this.#inner.increment(...count)));
      if (this.#askAgainMs !== undefined) this.#logger.log("the storage of the limits works again");
      this.#askAgainMs = undefined;
      return counted;
    } catch (error) {
      if (this.#askAgainMs === undefined)
        this.#logger.error(
          `the storage of the limits fails, and no request is limited until it works: ${reasonOf(error)}`,
        );
      this.#askAgainMs = Date.now() + PAUSE_MS;
      return NOT_COUNTED;
    }
  }
}
