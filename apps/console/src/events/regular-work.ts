import { Injectable, Logger, type BeforeApplicationShutdown } from "@nestjs/common";
import { MINUTE_MS } from "../conventions/durations.js";
import { OldRows } from "../happened/old-rows.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { Alarms } from "./alarms.js";

/** How many minutes there are between two removals of old rows. */
const REMOVAL_MINUTES = 60;

/** What a console does by itself, every minute. */
@StartupTask({ name: "look for alarms and old rows" })
@Injectable()
export class RegularWork implements RunsAtStart, BeforeApplicationShutdown {
  readonly #log = new Logger("RegularWork");
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #minutes = 0;
  #isOver = false;

  constructor(
    private readonly alarms: Alarms,
    private readonly oldRows: OldRows,
  ) {}

  run(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#work().finally(() => (this.#running = undefined));
    }, MINUTE_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.oldRows.stop();
    await this.#running;
  }

  async #work(): Promise<void> {
    await this.#try("Looking for alarms", () => this.alarms.look());
    if (this.#minutes++ % REMOVAL_MINUTES === 0)
      await this.#try("Removing old rows", () => this.oldRows.remove());
  }

  /** One of them does not keep the other from being done. */
  async #try(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#isOver) this.#log.warn(`${name} is tried again later: ${String(error)}`);
    }
  }
}
