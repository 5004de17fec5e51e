import { spawn } from "node:child_process";
import { constants } from "node:os";
import { systemClock, type Clock } from "@lacre/core";

/** Everything outside the program that a command may touch, files excepted. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /**
   * Runs a program to its end and says its exit code. Its output goes where the caller's goes.
   * Rejects when the program could not be started.
   */
  run(program: string, args: readonly string[], options: RunOptions): Promise<number>;
}

/** How to run a program. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads from its standard input; the caller's own where nothing is given. */
  readonly input?: Uint8Array;
}

/** The terminal, or whatever stands in its place. */
export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  clock: systemClock,
  run: (program, args, { env, input }) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        env,
        stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
      });
      child.on("error", reject);
      // As a shell reports a program that a signal ended.
      child.on("close", (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
      // The program may end without reading all; its exit code tells the rest.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    }),
};
