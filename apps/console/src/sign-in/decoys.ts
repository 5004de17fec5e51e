import { Injectable } from "@nestjs/common";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { PasswordHashes } from "./password-hashes.js";
import { TotpSeeds } from "./totp-seeds.js";

/** What stands in for somebody who is not there is made at the start: the first such sign-in takes no longer. */
@StartupTask({ name: "make ready for sign-ins" })
@Injectable()
export class Decoys implements RunsAtStart {
  constructor(
    private readonly hashes: PasswordHashes,
    private readonly seeds: TotpSeeds,
  ) {}

  async run(): Promise<void> {
    await this.hashes.nobodys();
    await this.seeds.openNobodys();
  }
}
