import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { Signer } from "@lacre/core";
import type { ConsoleKeyStoreOptions, ConsoleVerdictsOptions } from "@lacre/stores/console";
import { until, type Known } from "../support/registry.js";

const HERE = join("test", "console", "processes");
const execArgv = ["-C", "@lacre/source", "--import", `./${HERE}/sources.mjs`];

/** A console as it is started by hand. */
export class ConsoleProcess {
  #child: ChildProcess | undefined;
  output = "";

  constructor(
    readonly port: number,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    const child = fork(join("apps", "console", "src", "main.ts"), {
      execArgv,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...this.env, PORT: String(this.port), CONSOLE_ORIGIN: this.url },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the console ended: ${this.output}`);
      const answer = await fetch(`${this.url}/v1/ping`).catch(() => undefined);
      return answer?.status === 200;
    });
    return this;
  }

  /** Has it hang: it takes connections, and answers nobody. */
  hang(): void {
    this.#child?.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child?.kill("SIGCONT");
  }

  /** As a crash ends it, or as an operator does. How long it took, in milliseconds. */
  async end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<number> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 0;
    const startedMs = performance.now();
    child.kill(signal);
    await once(child, "exit");
    return performance.now() - startedMs;
  }
}

/** What a service is started with. */
export interface ServiceTerms {
  readonly store: Partial<ConsoleKeyStoreOptions> | object;
  readonly verdicts?: ConsoleVerdictsOptions;
}

/** A service that verifies requests. */
export class ServiceProcess {
  readonly #agent = new Agent({ keepAlive: true });
  private constructor(
    readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(terms: ServiceTerms): Promise<ServiceProcess> {
    const child = fork(join(HERE, "service.mjs"), [JSON.stringify(terms)], { execArgv });
    const [message] = (await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => {
        throw new Error("a service ended");
      }),
    ])) as [{ port: number }];
    return new ServiceProcess(child, message.port);
  }

  /** The status of a signed request of this app. */
  call(by: Known): Promise<number> {
    const url = `http://127.0.0.1:${this.port}/orders`;
    const { headers } = new Signer(by).sign({ method: "GET", url });
    return new Promise((resolve, reject) => {
      const sent = request(url, { headers: Object.fromEntries(headers), agent: this.#agent });
      sent.on("response", (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      });
      sent.on("error", (error) => {
        // The service has closed a connection that nobody had used for a while.
        if (sent.reusedSocket) this.call(by).then(resolve, reject);
        else reject(error);
      });
      sent.end();
    });
  }

  /** Has it tell of so many verdicts a second, and says what one of them cost it. */
  async load(
    perSecond: number,
    seconds: number,
  ): Promise<{ made: number; microsecondsEach: number }> {
    this.child.send({ perSecond, seconds });
    const [answer] = (await once(this.child, "message")) as [
      { made: number; microsecondsEach: number },
    ];
    return answer;
  }

  async end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    this.#agent.destroy();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, "exit");
  }
}
