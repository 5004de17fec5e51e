import { Inject, Injectable, type OnApplicationBootstrap } from "@nestjs/common";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { Invitations } from "./invitations.js";

/** While nobody is admin, each start shows a new link to become one. There is no account that somebody could know. */
@Injectable()
export class FirstLink implements OnApplicationBootstrap {
  constructor(
    private readonly invitations: Invitations,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const made = await this.invitations.firstLink();
    if (made === undefined) return;
    const show = this.settings.showLink ?? ((text: string) => process.stdout.write(text));
    show(
      `\nNobody can sign in yet. Open this within an hour to become the first admin:\n\n  ${made.link}\n\n`,
    );
  }
}
