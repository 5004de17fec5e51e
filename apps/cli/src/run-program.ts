import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How to run a program. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads from its standard input; the caller's own where nothing is given. */
  readonly input?: Uint8Array;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a program to its end and says its exit code; its output goes where ours goes. Rejects when it cannot be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, input, signal }: RunOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env,
      stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
    });
    const end = (): void => void child.kill();
    signal?.addEventListener("abort", end);
    // What ends this program ends the other one, and this one then goes on to its own end.
    const passOn = (name: NodeJS.Signals): void => void child.kill(name);
    for (const name of ENDING) process.on(name, passOn);
    child.on("error", reject);
    // As a shell reports a program that a signal ended.
    child.on("close", (code, ended) => {
      for (const name of ENDING) process.off(name, passOn);
      signal?.removeEventListener("abort", end);
      resolve(code ?? 128 + (ended === null ? 0 : constants.signals[ended]));
    });
    // The program may end without reading all; its exit code tells the rest.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
