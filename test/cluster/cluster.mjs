// Several server processes, and a client that sends signed requests to them.
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { Signer, generateApiKey } from "@lacre/core";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
const SHIFT_CLOCK = new URL("shift-clock.mjs", import.meta.url).href;
const NO_ANSWER_MS = 10_000;

/** One server process. */
export class Worker {
  #child;
  #settings;
  /** Without a bound, or the client would hold requests back that the server should meet. */
  #agent = new Agent({ keepAlive: true });
  #healthAgent = new Agent({ keepAlive: true });
  /** What it has logged, where the settings ask for `logs`. */
  output = "";
  onRan = () => {};

  constructor(settings) {
    this.#settings = settings;
  }

  async start() {
    const { clockShiftMs, logs = false } = this.#settings;
    const out = logs ? "pipe" : "inherit";
    this.#child = fork(WORKER, [JSON.stringify(this.#settings)], {
      stdio: ["ignore", out, out, "ipc"],
      ...(clockShiftMs !== undefined && {
        execArgv: ["--import", SHIFT_CLOCK],
        env: { ...process.env, CLOCK_SHIFT_MS: String(clockShiftMs) },
      }),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk) => (this.output += chunk));
    this.#child.on("message", (message) => {
      if (message.ran !== undefined) this.onRan(message.ran);
    });
    const port = await new Promise((resolve, reject) => {
      this.#child.on("message", (message) => message.port && resolve(message.port));
      this.#child.once("exit", (code) =>
        reject(new Error(`a server process ended with ${code} ${this.output}`)),
      );
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

  /** Sends a request that was signed for `host`; status 0 when no answer came. */
  async send({ target, host, headers }) {
    const { status, ms } = await this.#get(this.#agent, target, { host, ...headers });
    return { status, ms };
  }

  /** What its health check says: up, or the reason why not; `unanswered` when it says nothing. */
  async health() {
    const { status, text } = await this.#get(this.#healthAgent, "/health", {});
    if (status === 0) return "unanswered";
    const { hmac } = JSON.parse(text).details;
    return hmac.reason ?? hmac.status;
  }

  #get(agent, path, headers) {
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const ended = (status, text) => resolve({ status, text, ms: performance.now() - startedMs });
      const to = { agent, host: "127.0.0.1", port: this.#settings.port, path, headers };
      const sent = httpRequest(to, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => ended(response.statusCode, text));
        response.on("error", () => ended(0, ""));
      });
      sent.setTimeout(NO_ANSWER_MS, () => sent.destroy(new Error("no answer")));
      sent.on("error", () => ended(0, ""));
      sent.end();
    });
  }

  /** Sets its clock, which must have been started with `clockShiftMs`, or breaks and mends its source of apps. */
  tell(message) {
    this.#child.send(message);
  }

  pause() {
    this.#child.kill("SIGSTOP");
  }

  resume() {
    this.#child.kill("SIGCONT");
  }

  kill() {
    this.#child.kill("SIGKILL");
  }

  async stop() {
    this.#agent.destroy();
    this.#healthAgent.destroy();
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
  return { workers, sign: signerOf(apiKey), apiKey };
}

/** Signs a request of its own each time, as of now or of another moment. */
export function signerOf(apiKey, appId = "race") {
  const signer = new Signer({ appId, apiKey });
  let serial = 0;
  return (atMs = Date.now()) => {
    const id = String(serial++);
    const target = `/run/${id}`;
    const { headers } = signer.sign({ method: "GET", url: "http://race.test/", target }, atMs);
    return { id, target, host: "race.test", headers: Object.fromEntries(headers), atMs };
  };
}
