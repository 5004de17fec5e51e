import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../support/postgres-server.js";

/** A console as people start it: a process of its own, of what `npm run build` has made. */
export class ConsoleProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    private readonly said: string[],
  ) {}

  /** @throws Error with what it said, where it ends before it listens */
  static async start(env: Record<string, string>): Promise<ConsoleProcess> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, ["apps/console/dist/main.js"], {
      env: { PATH: process.env.PATH, PORT: String(port), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said: string[] = [];
    const started = new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer): void => {
        said.push(String(text));
        if (said.join("").includes("The console is at")) resolve();
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      child.once("close", () => reject(new Error(said.join(""))));
    });
    await started;
    return new ConsoleProcess(child, url, said);
  }

  /** All that it has written so far. */
  get output(): string {
    return this.said.join("");
  }

  /** @returns the exit code; null where the signal itself has ended it */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const closed = once(this.child, "close");
    this.child.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }
}

/** Runs a command of the console, and waits for its end. */
export async function runConsole(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["apps/console/dist/main.js", ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (output += String(text)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}
