import type { INestApplicationContext } from "@nestjs/common";
import { Rewrap } from "./rewrap.js";

/** Brings every secret under the master key that counts now: 0, or 1 where some could not be opened. */
export const REWRAP = {
  name: "rewrap",
  summary: "brings every secret under the master key that counts now",
  run: async (app: INestApplicationContext): Promise<number> => {
    const { done, failed } = await app.get(Rewrap, { strict: false }).run({ actor: "terminal" });
    const rest = failed === 0 ? "" : ` Not opened, since their master key is not here: ${failed}.`;
    console.log(`Under the master key that counts now: ${done} more.${rest}`);
    return failed === 0 ? 0 : 1;
  },
};
