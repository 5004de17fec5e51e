import { Inject, Injectable } from "@nestjs/common";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { Invitations } from "./invitations.js";

/** While nobody is admin, each start shows a new link to become one. There is no account that somebody could know. */
@StartupTask({ name: "look for an admin" })
@Injectable()
export class FirstLink implements RunsAtStart {
  constructor(
    private readonly invitations: Invitations,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  async run(): Promise<void> {
    const made = await this.invitations.firstLink();
    if (made === undefined) return;
    // Plain, and not through the log: a log is kept, and read by others.
    const show = this.settings.showLink ?? ((text: string) => process.stdout.write(text));
    show(
      `\nNobody can sign in yet. Open this within an hour to become the first admin:\n\n  ${made.link}\n\n`,
    );
  }
}
