import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A server in a process of its own, which is asked what it has used so far: its CPU time is the operating system's. */
export class ServerProcess {
  #child;
  port;

  /** Starts a module of this folder, with its settings as JSON in argv[2]; it says `{ port }` once it listens. */
  static async start(module, settings, execArgv = []) {
    const server = new ServerProcess();
    server.#child = fork(
      fileURLToPath(new URL(module, import.meta.url)),
      [JSON.stringify(settings)],
      {
        execArgv,
        env: { ...process.env, NODE_ENV: "production" },
      },
    );
    const [message] = await Promise.race([
      once(server.#child, "message"),
      once(server.#child, "exit").then(([code]) => {
        throw new Error(`a server ended with ${code} before it listened`);
      }),
    ]);
    server.port = message.port;
    return server;
  }

  /** Its CPU time so far, in microseconds. */
  async cpuUs() {
    return (await this.#ask("usage")).cpuUs;
  }

  /** `{ cpuUs, peakRss, heapBytes }`, the memory in bytes; the peak is the one since it was last asked. */
  usage() {
    return this.#ask("usage");
  }

  /** The same after a full garbage collection; its Node must have been started with --expose-gc. */
  usageAfterGc() {
    return this.#ask("gc");
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  async #ask(question) {
    this.#child.send(question);
    const [answer] = await once(this.#child, "message");
    return answer;
  }
}
