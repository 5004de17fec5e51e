import { setImmediate as nextTurn } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";

/** After so long, in milliseconds, everything else in the process is let run before the next statement. */
const TURN_MS = 20;

/**
 * The embedded database answers without ever waiting for anything, so a loop of statements would keep timers, sockets
 * and the heartbeat of the folder from running until it ends. Here it takes turns with them.
 */
export function takeTurns(client: PGlite): PGlite {
  let since = performance.now();
  const turn = async (): Promise<void> => {
    if (performance.now() - since < TURN_MS) return;
    await nextTurn();
    since = performance.now();
  };
  for (const name of ["query", "transaction"] as const) {
    const own = client[name].bind(client) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(client, {
      [name]: async (...args: unknown[]) => {
        await turn();
        return own(...args);
      },
    });
  }
  return client;
}
