import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { Invitations } from "./invitations.js";

/** While nobody is admin, each start shows a new link to become one. There is no account that somebody could know. */
@StartupTask({ name: "look for an admin" })
@Injectable()
export class FirstLink implements RunsAtStart {
  readonly #log = new Logger("FirstLink");

  constructor(
    private readonly invitations: Invitations,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  /** @throws ConfigurationError where its file cannot be written */
  async run(): Promise<void> {
    const made = await this.invitations.firstLink();
    if (made === undefined) return;
    const { firstLinkFile: file, showLink } = this.settings;
    if (file !== undefined) {
      writeForOwner(file, `${made.link}\n`);
      this.#log.log(`Nobody can sign in yet. The link to become the first admin is in ${file}`);
      return;
    }
    // Plain, and no field of a line: it is for whoever sits at the terminal.
    const show = showLink ?? ((text: string) => process.stdout.write(text));
    show(
      `\nNobody can sign in yet. Open this within an hour to become the first admin:\n\n  ${made.link}\n\n`,
    );
  }
}

/** In the place of whatever has that name, so that neither its readers nor a link made by others count. */
function writeForOwner(file: string, text: string): void {
  const whole = `${file}.${randomUUID()}`;
  try {
    writeFileSync(whole, text, { mode: 0o600, flag: "wx" });
    renameSync(whole, file);
  } catch (error) {
    rmSync(whole, { force: true });
    throw new ConfigurationError(
      "CONSOLE_FIRST_LINK",
      `names a file that cannot be written (${(error as NodeJS.ErrnoException).code}).`,
      "Name a file in a folder that the console may write to.",
    );
  }
}
