import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from "@nestjs/common";
import { RegistryReader, type RegistryNews } from "@lacre/stores/console";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { CHANGES_CHANNEL } from "./note-change.js";

/** How many wait at once; others are answered at once. */
const MOST_WAITING = 1_000;
/** How often changes are looked for beside what is heard, while somebody waits. */
const LOOK_MS = 1_000;

/** Somebody who waits for a change after the last one that they have seen. */
interface Waiting {
  readonly seen: number;
  readonly wake: () => void;
}

/** Lets services wait for changes of the registry. */
@Injectable()
export class RegistryChanges implements OnModuleInit, OnModuleDestroy {
  readonly #waiting = new Set<Waiting>();
  #unlisten: (() => Promise<void>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ends = false;

  constructor(
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
    @Inject(RegistryReader) private readonly reader: RegistryReader,
  ) {}

  async onModuleInit(): Promise<void> {
    const look = (): void => void this.#look();
    this.#unlisten = await this.database.listen(CHANGES_CHANNEL, look, look);
  }

  async onModuleDestroy(): Promise<void> {
    this.#ends = true;
    for (const { wake } of this.#waiting) wake();
    await this.#unlisten?.();
  }

  /**
   * What has changed after a number. Waits for it if nothing has, at most so long; not where too many wait, nor when the
   * console ends.
   * @param gone aborts when nobody waits for the answer any more
   */
  async after(
    seq: number | undefined,
    { waitSeconds, gone }: { waitSeconds: number; gone: AbortSignal },
  ): Promise<RegistryNews> {
    const news = await this.reader.news(seq);
    const hasNews = news.changed === "all" || news.changed.length > 0;
    if (hasNews || waitSeconds === 0 || this.#ends || this.#waiting.size >= MOST_WAITING)
      return news;
    const isWoken = await this.#wait(news.seq, waitSeconds * 1_000, gone);
    return isWoken && !gone.aborted && !this.#ends ? this.reader.news(seq) : news;
  }

  #wait(seen: number, forMs: number, gone: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isWoken: boolean): void => {
        clearTimeout(timer);
        gone.removeEventListener("abort", leave);
        this.#waiting.delete(waiting);
        resolve(isWoken);
      };
      const leave = (): void => end(false);
      const timer = setTimeout(leave, forMs);
      const waiting = { seen, wake: () => end(true) };
      gone.addEventListener("abort", leave);
      this.#waiting.add(waiting);
      this.#lookSoon();
    });
  }

  #lookSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  /** One question for all who wait. */
  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    try {
      const { seq } = await this.reader.news();
      for (const { seen, wake } of this.#waiting) if (seen !== seq) wake();
    } catch {
      // Whoever waits asks again, and is told then.
    }
    if (this.#waiting.size > 0 && !this.#ends) this.#lookSoon();
  }
}
