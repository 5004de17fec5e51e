import { TERMINAL } from "../audit/actor.js";
import { Rewrap } from "../vault/rewrap.js";
import type { TerminalCommand } from "./terminal-command.js";

/** Brings every secret under the master key that counts now: 0, or 1 where some could not be opened. */
export const REWRAP: TerminalCommand = {
  name: "rewrap",
  summary: "brings every secret under the master key that counts now",
  opensSecrets: true,
  run: async (app) => {
    const { done, failed } = await app.get(Rewrap).run(TERMINAL);
    const rest = failed === 0 ? "" : ` Not opened, since their master key is not here: ${failed}.`;
    console.log(`Brought under the master key that counts now: ${done}.${rest}`);
    return failed === 0 ? 0 : 1;
  },
};
