import { Inject, Injectable, type OnApplicationShutdown } from "@nestjs/common";
import { AnnounceHead } from "../audit/announce-head.js";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { RunningHandlers } from "./running-handlers.js";

/**
 * What a console does last, once nothing listens and what works by itself has stopped: the end of the audit log is said
 * when nothing can be written behind it any more.
 */
@Injectable()
export class Ending implements OnApplicationShutdown {
  constructor(
    private readonly handlers: RunningHandlers,
    private readonly announce: AnnounceHead,
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.handlers.end();
    await this.announce.last();
    await this.database.close();
  }
}
