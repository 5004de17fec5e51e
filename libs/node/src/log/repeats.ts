import type { Clock, Level, LogFields, SafeLogger } from "@lacre/core";

/** How long equal entries are counted before their number is logged. */
const PERIOD_MS = 1000;
/** Of so many kinds entries are counted apart; those of further kinds are counted together. */
const MOST_KINDS = 100;
const MOST_APPS = 100;
const OTHERS = "";

/** Something to log that may be said again at once. */
export interface Entry {
  readonly level: Level;
  /** Equal for entries that are counted together; not empty. */
  readonly kind: string;
  /** All of it, where it is the first of its kind. */
  readonly text: string;
  readonly fields: LogFields;
  /** What is logged of those that follow: what happened, and why. */
  readonly what: string;
  readonly why: string;
  /** The fields that all entries of its kind have. */
  readonly shared: Partial<LogFields>;
  /** The AppId that it is about. */
  readonly appId?: string | undefined;
}

/** Entries of one kind since the last of them was logged. */
interface Sum {
  readonly sinceMs: number;
  readonly startedMs: number;
  readonly timer: NodeJS.Timeout;
  readonly apps: Set<string>;
  count: number;
  last: Entry | undefined;
}

/**
 * Logs the first entry of a kind at once, and once a second how many more there were. None is lost, and memory is
 * bounded.
 */
export class Repeats {
  readonly #logger: SafeLogger;
  readonly #clock: Clock;
  readonly #sums = new Map<string, Sum>();

  constructor(logger: SafeLogger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  say(entry: Entry): void {
    const { level, text, fields, appId } = entry;
    const hasRoom = this.#sums.size < MOST_KINDS || this.#sums.has(entry.kind);
    const kind = hasRoom ? entry.kind : OTHERS;
    const sum = this.#sums.get(kind);
    if (sum === undefined) {
      this.#begin(kind);
      this.#logger[level](text, fields);
      return;
    }
    sum.count += 1;
    sum.last = entry;
    if (appId !== undefined && sum.apps.size < MOST_APPS) sum.apps.add(appId);
  }

  /** Logs what has been counted so far. */
  flush(): void {
    for (const [kind, sum] of this.#sums) {
      clearTimeout(sum.timer);
      this.#sums.delete(kind);
      this.#tell(kind, sum);
    }
  }

  #begin(kind: string): void {
    this.#sums.set(kind, {
      sinceMs: this.#clock.nowMs(),
      startedMs: performance.now(),
      timer: setTimeout(() => this.#end(kind), PERIOD_MS).unref(),
      apps: new Set(),
      count: 0,
      last: undefined,
    });
  }

  #end(kind: string): void {
    const sum = this.#sums.get(kind) as Sum;
    this.#sums.delete(kind);
    // While they go on, none is logged in full again.
    if (sum.count > 0) this.#begin(kind);
    this.#tell(kind, sum);
  }

  #tell(kind: string, { count, last, apps, sinceMs, startedMs }: Sum): void {
    if (last === undefined) return;
    const { level, what, why, shared } = last;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const since = new Date(sinceMs).toISOString();
    const when = `within ${seconds} s, since ${since}`;
    const many = apps.size < MOST_APPS ? String(apps.size) : `${MOST_APPS} or more`;
    const whose = apps.size === 0 ? "" : `, of ${many} ${apps.size === 1 ? "app" : "apps"}`;
    const times = `${count} more ${count === 1 ? "time" : "times"}`;
    const sum = { count, since, ...(apps.size > 0 && { apps: apps.size }), reason: why };
    if (kind === OTHERS)
      this.#logger[level](
        `${count} more entries of other kinds ${when}${whose}, the last of them: ${what}: ${why}`,
        { msg: "entries of other kinds", ...sum, reason: `${what}: ${why}` },
      );
    else
      this.#logger[level](`${what} ${times} ${when}${whose}: ${why}`, {
        msg: `${what} ${times}`,
        ...shared,
        ...sum,
      });
  }
}
