import { desc, eq, gte, lte, and, max } from "drizzle-orm";
import type { Database, OpenDatabase } from "../../database/database.js";
import { apps, refusals } from "../../database/tables.js";
import { REFUSALS_CHANNEL } from "../../ingest/refusals-channel.js";
import type { RefusalRow } from "../refusal-log.js";

/** How many are brought at once; of more, the last. */
const MOST_AT_ONCE = 500;
/** Numbers are given before they are seen: one that is lower may be seen later. */
const LOOK_BACK = 1000;

export interface FedRefusal {
  readonly refusal: RefusalRow;
  /** Of the app that it names; null where there is none. */
  readonly teamId: string | null;
}

/** Brings each new refusal once, whoever has written it, in the order in which they are seen. */
export class RefusalFeed {
  readonly #seen = new Set<number>();
  #floor = 0;
  #highest = 0;
  #due: { first: number; last: number } | undefined;
  #running: Promise<void> | undefined;

  private constructor(
    private readonly db: Database,
    private readonly bring: (fed: readonly FedRefusal[], skipped: number) => Promise<void>,
  ) {}

  /**
   * @param wanted whether anybody listens: else nothing is read
   * @param bring is given new refusals, and how many there were before them that nobody will bring
   * @returns the feed, and how to end it
   */
  static async open(
    database: OpenDatabase,
    wanted: () => boolean,
    bring: (fed: readonly FedRefusal[], skipped: number) => Promise<void>,
  ): Promise<{ readonly feed: RefusalFeed; readonly close: () => Promise<void> }> {
    const feed = new RefusalFeed(database.db, bring);
    const close = await database.listen(REFUSALS_CHANNEL, (payload) => {
      if (!wanted()) return;
      const [, first, last] = /^(\d{1,15})\D(\d{1,15})$/.exec(payload) ?? [];
      if (first === undefined) void feed.look();
      else void feed.#want(Number(first), Number(last));
    });
    await feed.fromNow();
    return { feed, close };
  }

  /** What there is already is not news. */
  async fromNow(): Promise<void> {
    const [found] = await this.db.select({ last: max(refusals.seq) }).from(refusals);
    this.#highest = this.#floor = Math.max(found?.last ?? 0, this.#floor);
  }

  /** Looks for what nobody has told of. */
  look(): Promise<void> {
    return this.#want(
      Math.max(this.#floor, this.#highest - LOOK_BACK) + 1,
      Number.MAX_SAFE_INTEGER,
    );
  }

  /** One look at a time: what is wanted meanwhile is one range. */
  #want(first: number, last: number): Promise<void> {
    this.#due = {
      first: Math.min(first, this.#due?.first ?? first),
      last: Math.max(last, this.#due?.last ?? last),
    };
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<void> {
    for (let due = this.#due; due !== undefined; due = this.#due) {
      this.#due = undefined;
      await this.#read(due.first, due.last).catch(() => undefined); // the next look brings it
    }
  }

  async #read(first: number, last: number): Promise<void> {
    const rows = await this.db
      .select({ refusal: refusals, teamId: apps.teamId })
      .from(refusals)
      .leftJoin(apps, eq(apps.id, refusals.appId))
      .where(and(gte(refusals.seq, first), lte(refusals.seq, last)))
      .orderBy(desc(refusals.seq))
      .limit(MOST_AT_ONCE);
    const before = this.#highest;
    const fresh = rows.reverse().filter(({ refusal }) => this.#isNew(refusal.seq));
    const oldest = fresh[0]?.refusal.seq ?? 0;
    const isCut = rows.length === MOST_AT_ONCE;
    const skipped = isCut ? Math.max(0, oldest - Math.max(before, first - 1) - 1) : 0;
    if (fresh.length > 0) await this.bring(fresh, skipped);
  }

  #isNew(seq: number): boolean {
    if (this.#seen.has(seq)) return false;
    this.#seen.add(seq);
    if (this.#seen.size > 4 * LOOK_BACK)
      for (const old of this.#seen) {
        this.#seen.delete(old);
        break;
      }
    this.#highest = Math.max(this.#highest, seq);
    return true;
  }
}
