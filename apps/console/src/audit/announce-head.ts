import { Injectable, Logger } from "@nestjs/common";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { AuditLog } from "./audit-log.js";

const EVERY_MS = 60_000;

/**
 * Writes the end of the audit log to the console's own output, at the start, once a minute where it has moved, and at
 * the end. Whoever can write to the database can cut the log off or write all of it anew, but not what was said elsewhere.
 */
@StartupTask({ name: "announce the end of the audit log", order: 100 })
@Injectable()
export class AnnounceHead implements RunsAtStart {
  readonly #log = new Logger("Audit");
  #said: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly audit: AuditLog) {}

  async run(): Promise<void> {
    await this.#say();
    this.#timer = setInterval(() => void this.#say(), EVERY_MS).unref();
  }

  /** Once no act can follow. Nothing, where it was never begun. */
  async last(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#say();
  }

  async #say(): Promise<void> {
    try {
      const head = await this.audit.head();
      if (head === undefined || head.hash === this.#said) return;
      this.#said = head.hash;
      this.#log.log({ msg: "the end of the audit log", seq: head.seq, hash: head.hash });
    } catch (error) {
      this.#log.warn(`The end of the audit log cannot be read: ${String(error)}`);
    }
  }
}
