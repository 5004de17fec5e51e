import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface RedisServerOptions {
  /** A free one unless said otherwise. */
  readonly port?: number;
  /** Further arguments: `["--requirepass", "secret"]`. */
  readonly args?: readonly string[];
  /** Where it runs; a new folder unless said otherwise, which goes when it stops. */
  readonly dir?: string;
}

/** A real redis-server of the test's own, on the loopback interface, that writes nothing to disk. */
export class RedisServer {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
    private readonly dir: string,
    private readonly ownsDir: boolean,
  ) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const { args = [], dir } = options;
    const folder = dir ?? (await mkdtemp(join(tmpdir(), "lacre-redis-")));
    const server = new RedisServer(
      options.port ?? (await freePort()),
      args,
      folder,
      dir === undefined,
    );
    try {
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it, and waits until it has ended. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGCONT"); // one that is stopped ends only by SIGKILL
    child.kill(signal);
    await ended;
  }

  /** Leaves it standing with its connections open, answering nothing. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it and starts it anew, on the same port and empty. */
  async restart(): Promise<void> {
    await this.kill();
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.ownsDir) await rm(this.dir, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    const settings = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.dir];
    const child = spawn(
      "redis-server",
      [...settings, "--save", "", "--appendonly", "no", ...this.args],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    let failure: Error | undefined;
    child.once("error", (error) => (failure = error));
    this.#process = child;
    const deadline = Date.now() + 10_000;
    while (!(await this.#answers())) {
      if ((failure as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
        throw new Error("these tests need redis-server: apt-get install redis-server");
      if (failure !== undefined) throw failure;
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`redis-server did not start:\n${output}`);
      await wait(10);
    }
  }

  /** Whether it answers at all, be it that it wants a password. */
  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.port, host: "127.0.0.1" });
      socket.setTimeout(1000, () => socket.destroy());
      socket.once("connect", () => socket.write("PING\r\n"));
      socket.once("data", () => {
        resolve(true);
        socket.destroy();
      });
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
