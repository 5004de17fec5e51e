import { type Clock, reasonOf } from "@lacre/core";
import type { StoreLog } from "../server/store-log.js";
import type { RegistryLine, RegistryNews } from "./registry-line.js";

/** What a follower goes by. */
export interface FollowerTerms {
  /** How often changes are looked for where nobody tells of them, and how soon after a failure. */
  readonly pollMs: number;
  /** For how long what was read may be used without a word of the registry. */
  readonly outageMs: number;
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly told: RegistryTold;
}

/** Who is told of what the follower hears. */
export interface RegistryTold {
  changed(appId: string): void;
  /** Any app may have changed since the last contact. */
  doubted(lastContactMs: number): void;
  /** The last contact is too long ago: nothing may be used. */
  expired(): void;
}

/** A registry that is full of news is asked no more often than this. */
const LEAST_PAUSE_MS = 50;
/** How often a connection is sought on which changes are told. */
const LISTEN_AGAIN_MS = 5_000;

/** Follows what changes in the registry, and knows when it was last heard. */
export class RegistryFollower {
  readonly #line: RegistryLine;
  readonly #terms: FollowerTerms;
  #after: number | undefined;
  #heardMs = -Infinity;
  #isUp = false;
  #wasLogged = false;
  #stopped = false;
  #listenAtMs = -Infinity;
  #expiry: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;
  #isWoken = false;
  #giveUp: () => void = () => undefined;

  constructor(line: RegistryLine, terms: FollowerTerms) {
    this.#line = line;
    this.#terms = terms;
  }

  /** Whether the last question was answered. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** When the last question that was answered had been asked. Milliseconds since 1970. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Asks once, and goes on asking until `stop`. Rejects with what went wrong, and goes on all the same. */
  async start(): Promise<void> {
    try {
      await this.#ask();
    } finally {
      void this.#follow();
    }
  }

  /**
   * Something else that was asked was not answered in time. Until the next answer nobody is kept waiting for one; it is
   * asked for now, and not when the question that runs ends, which may wait for news.
   */
  doubt(error: unknown): void {
    if (!this.#isUp) return;
    this.#lost(error);
    this.#giveUp();
    this.#wakeUp();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#expiry);
    this.#wake();
  }

  async #follow(): Promise<void> {
    const { pollMs, clock } = this.#terms;
    let pauseMs = this.#isUp ? LEAST_PAUSE_MS : pollMs;
    while (!this.#stopped) {
      await this.#pause(pauseMs);
      if (this.#stopped) return;
      const askedMs = clock.nowMs();
      const isNews = await this.#ask().catch(() => undefined);
      // A line that waits is asked again; but one that has nothing to say and does not wait is not hurried.
      const isQuick = this.#line.waits && isNews === true;
      pauseMs = isQuick ? 0 : pollMs - (clock.nowMs() - askedMs);
    }
  }

  /** Whether it was told something: if nothing else, that it can be asked. */
  async #ask(): Promise<boolean> {
    const askedMs = this.#terms.clock.nowMs();
    let news: RegistryNews;
    try {
      await this.#listen(askedMs);
      const given = new AbortController();
      this.#giveUp = () => given.abort();
      news = await this.#line.news(this.#after, this.#isUp, given.signal);
      given.signal.throwIfAborted(); // it may have been asked before what was not answered
    } catch (error) {
      this.#lost(error);
      throw error;
    }
    if (this.#stopped) return false;
    return this.#heard(news, askedMs);
  }

  /** Without it changes are still found, a little later. */
  async #listen(nowMs: number): Promise<void> {
    if (nowMs < this.#listenAtMs) return;
    this.#listenAtMs = nowMs + LISTEN_AGAIN_MS;
    await this.#line.listen?.(() => this.#wakeUp()).catch(() => undefined);
  }

  #heard({ seq, changed }: RegistryNews, askedMs: number): boolean {
    const { told, outageMs, log, clock } = this.#terms;
    const isFirst = this.#after === undefined;
    const isBack = !this.#isUp;
    this.#after = seq;
    if (changed !== "all") for (const appId of changed) told.changed(appId);
    else if (!isFirst) told.doubted(this.#heardMs);
    this.#heardMs = askedMs; // not now: what changed while the answer was on its way is not in it
    this.#isUp = true;
    if (this.#wasLogged) log.log("the console's registry can be asked again");
    this.#wasLogged = false;
    clearTimeout(this.#expiry);
    const leftMs = outageMs - (clock.nowMs() - askedMs);
    this.#expiry = setTimeout(() => told.expired(), leftMs).unref();
    return isBack || changed === "all" || changed.length > 0;
  }

  #lost(error: unknown): void {
    this.#isUp = false;
    if (this.#wasLogged || this.#stopped) return;
    this.#wasLogged = true;
    const { log, outageMs } = this.#terms;
    const until = this.#heardMs + outageMs;
    const then = Number.isFinite(until)
      ? `apps that were read go on until ${new Date(until).toISOString()}`
      : "no app is known";
    log.error(`the console's registry cannot be asked (${reasonOf(error)}): ${then}`);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(
        resolve,
        this.#isWoken ? LEAST_PAUSE_MS : Math.max(ms, LEAST_PAUSE_MS),
      );
      timer.unref();
      this.#isWoken = false;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }
}
