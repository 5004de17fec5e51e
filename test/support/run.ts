import { spawn, spawnSync } from "node:child_process";

/** What a program printed and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program while this process goes on serving. */
export function run(
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text: Buffer) => (stdout += text.toString("utf8")));
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    // A program may end without reading; its exit code tells the rest.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** Fails with what to install where a program is missing: a test that is skipped proves nothing. */
export function need(command: string, install: string): void {
  if (spawnSync(command, ["--version"]).error !== undefined)
    throw new Error(`${command} is missing. Install it: ${install}`);
}

/** The same for a module of Python. */
export function needPython(module: string, install: string): void {
  need("python3", "apt-get install python3");
  if (spawnSync("python3", ["-c", `import ${module}`]).status !== 0)
    throw new Error(`Python's ${module} is missing. Install it: ${install}`);
}
