import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How to run a program. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads from its standard input; the caller's own where nothing is given. */
  readonly input?: Uint8Array;
}

/** Runs a program to its end and says its exit code; its output goes where ours goes. Rejects when it cannot be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, input }: RunOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
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
  });
}
