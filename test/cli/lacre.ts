import { systemClock } from "@lacre/core";
import { processIo, type Io } from "../../apps/cli/src/io.js";
import { run } from "../../apps/cli/src/program.js";

/** What came of a command line. */
export interface Outcome {
  code: number;
  out: string;
  err: string;
}

interface World {
  stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  env?: Readonly<Record<string, string | undefined>>;
  nowSeconds?: number;
  run?: Io["run"];
  /** Told of each piece of the output. */
  wrote?: (text: string) => void;
}

/** Runs a command line in a world of its own. No program runs unless the world says so. */
export async function lacre(args: readonly string[], world: World = {}): Promise<Outcome> {
  const { stdin = "", env = {}, nowSeconds } = world;
  let out = "";
  let err = "";
  const io: Io = {
    stdout: {
      write(text) {
        out += String(text);
        world.wrote?.(String(text));
      },
    },
    stderr: { write: (text) => (err += text) },
    stdin:
      typeof stdin === "object" && Symbol.asyncIterator in stdin
        ? stdin
        : (async function* () {
            yield Buffer.from(stdin as string);
          })(),
    env,
    clock: nowSeconds === undefined ? systemClock : { nowMs: () => nowSeconds * 1000 },
    run: world.run ?? (() => Promise.reject(new Error("runs nothing"))),
    connect: processIo.connect,
  };
  const code = await run(args, io);
  return { code, out, err };
}
