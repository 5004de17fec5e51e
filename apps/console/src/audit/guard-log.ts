import { Inject, Injectable, Logger } from "@nestjs/common";
import { keepAppendOnly } from "../database/append-only.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { CONSOLE } from "./actor.js";
import { recordAct } from "./record-act.js";

/** Makes the triggers that keep the audit log where they are missing, and tells where they had been there before. */
@StartupTask({ name: "guard the audit log", order: -100 })
@Injectable()
export class GuardLog implements RunsAtStart {
  readonly #log = new Logger("Audit");

  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** In the log itself, and where it is heard: meanwhile anything may have been done to it. */
  async run(): Promise<void> {
    if (!(await keepAppendOnly(this.db))) return;
    const object = { kind: "audit", id: "guards" };
    await this.db.transaction((tx) =>
      recordAct(tx, { by: CONSOLE, act: "audit.guards-mended", object }),
    );
    this.#log.warn(
      "The triggers that keep the audit log were gone or changed, and were made anew. Compare the end of the log with one that was kept elsewhere.",
    );
  }
}
