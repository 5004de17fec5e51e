import { within } from "@lacre/core";
import { explain } from "./redis-answers.js";
import type { LinkEvents, RedisLink } from "./redis-link.js";
import type { RedisSettings } from "./redis-options.js";

/** The store's way to Redis: over the client that it was given, or over one of its own. */
export class RedisConnection {
  readonly #settings: RedisSettings;
  readonly #events: LinkEvents;
  #link: RedisLink | undefined;
  #closesLink = false;
  #unlisten: (() => void) | undefined;
  #closing = new AbortController();
  /** What the client has told since it was opened: it says more than the failure of a command. */
  #failure: unknown;

  constructor(settings: RedisSettings, events: LinkEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** The link, whether or not it stands now; undefined before `open` and after `close`. */
  get link(): RedisLink | undefined {
    return this.#link;
  }

  /** Aborted by `close`. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws ConfigurationError where no client is installed, and what the client throws */
  async open(): Promise<RedisLink> {
    this.#closing = new AbortController();
    this.#failure = undefined;
    const { door, patienceMs } = this.#settings;
    const link = await this.#settings.linkUp();
    this.#link = link;
    this.#closesLink = !link.isOpen;
    if (door === "client") this.#unlisten?.();
    let giveUp: (error: unknown) => void = () => {};
    const failed = new Promise<never>((_, reject) => (giveUp = reject));
    failed.catch(() => {});
    this.#listen(link, (error) => {
      if (door === "url") giveUp(error); // one attempt tells enough
    });
    await within(patienceMs, Promise.race([link.open(), failed]));
    await within(patienceMs, link.send(["PING"]));
    return link;
  }

  /** Also because node-redis ends a process that does not listen for its errors. */
  #listen(link: RedisLink, failed: (error: unknown) => void): void {
    const { lost, ready, failed: tell } = this.#events;
    this.#unlisten = link.listen({
      lost: () => this.#link === link && lost(),
      ready: () => this.#link === link && ready(),
      failed: (error) => {
        failed(error);
        if (this.#link !== link) return;
        this.#failure = error;
        tell(error);
      },
    });
  }

  /** Why it could not be opened, or what came after that failed. A part of one line, without credentials. */
  reasonOf(error: unknown): string {
    return this.#settings.hide(explain(this.#failure ?? error));
  }

  /** Closes the client if `open` opened it. */
  close(): void {
    this.#closing.abort();
    const link = this.#link;
    this.#link = undefined;
    // A closing client may still have errors to tell, and node-redis wants them heard.
    if (this.#closesLink) link?.close();
    else this.#unlisten?.();
  }
}
