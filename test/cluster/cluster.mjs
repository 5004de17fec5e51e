// Several server processes, and a client that sends signed requests to them.
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { Signer, generateApiKey } from "@lacre/core";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** One server process. */
export class Worker {
  #child;
  #settings;
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  onRan = () => {};

  constructor(settings) {
    this.#settings = settings;
  }

  async start() {
    this.#child = fork(WORKER, [JSON.stringify(this.#settings)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (message) => {
      if (message.ran !== undefined) this.onRan(message.ran);
    });
    const port = await new Promise((resolve, reject) => {
      this.#child.on("message", (message) => message.port && resolve(message.port));
      this.#child.once("exit", (code) => reject(new Error(`a server process ended with ${code}`)));
    });
    this.#settings = { ...this.#settings, port };
    return this;
  }

  get host() {
    return `127.0.0.1:${this.#settings.port}`;
  }

  /** How many handlers ran in this process. */
  async handlers() {
    this.#child.send("count");
    for (;;) {
      const [message] = await once(this.#child, "message");
      if (message.handlers !== undefined) return message.handlers;
    }
  }

  /** Sends a request that was signed for `host`; 0 when no answer came. */
  send({ target, host, headers }) {
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const sent = httpRequest(
        {
          agent: this.#agent,
          host: "127.0.0.1",
          port: this.#settings.port,
          path: target,
          headers: { host, ...headers },
        },
        (response) => {
          response.resume();
          response.on("end", () =>
            resolve({ status: response.statusCode, ms: performance.now() - startedMs }),
          );
        },
      );
      sent.setTimeout(10_000, () => sent.destroy(new Error("no answer")));
      sent.on("error", () => resolve({ status: 0, ms: performance.now() - startedMs }));
      sent.end();
    });
  }

  kill() {
    this.#child.kill("SIGKILL");
  }

  async stop() {
    this.#agent.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

/** Server processes of one configuration, that share a key and are all reached by the same name. */
export async function startWorkers(count, settings) {
  const apiKey = generateApiKey();
  const starting = Array.from({ length: count }, () => new Worker({ ...settings, apiKey }).start());
  const workers = await Promise.all(starting);
  const signer = new Signer({ appId: "race", apiKey });
  let serial = 0;
  const sign = () => {
    const id = String(serial++);
    const { headers } = signer.sign({
      method: "GET",
      url: "http://race.test/",
      target: `/run/${id}`,
    });
    return { id, target: `/run/${id}`, host: "race.test", headers: Object.fromEntries(headers) };
  };
  return { workers, sign, apiKey };
}
