import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Inject, Injectable, type BeforeApplicationShutdown } from "@nestjs/common";
import type { AppDefinition } from "@lacre/core";
import { Problem } from "../problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import type { ExplainAnswer } from "./explain-answer.js";
import type { ExplainTask, FromWorker, ToWorker } from "./explain-messages.js";

const MOST_AT_ONCE = 2;
const MOST_WAITING = 10;
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/** Explains requests in threads that are ended when they take too long: what is pasted may be made for that. */
@Injectable()
export class ExplainThreads implements BeforeApplicationShutdown {
  timeLimitMs = 10_000;
  readonly #running = new Set<Worker>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(@Inject(SETTINGS) private readonly settings: ConsoleSettings) {}

  /**
   * @param appOf the definition of the app that the request names, or undefined
   * @throws Problem
   */
  async explain(
    task: ExplainTask,
    appOf: (appId: string) => Promise<AppDefinition | undefined>,
  ): Promise<ExplainAnswer> {
    await this.#enter();
    try {
      return await this.#run(task, appOf);
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#running].map((worker) => worker.terminate()));
  }

  async #enter(): Promise<void> {
    if (this.#busy >= MOST_AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING)
        throw new Problem("slow-down", { retryAfterSeconds: 10 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#busy += 1;
  }

  async #run(
    task: ExplainTask,
    appOf: (appId: string) => Promise<AppDefinition | undefined>,
  ): Promise<ExplainAnswer> {
    const program = this.settings.explainProgram ?? new URL("./explain-work.js", import.meta.url);
    const worker = new Worker(program, {
      workerData: task,
      resourceLimits: LIMITS,
      env: {},
      stdout: true,
      stderr: true,
    });
    this.#running.add(worker);
    const timer = setTimeout(() => void worker.terminate(), this.timeLimitMs);
    let found: ExplainAnswer | undefined;
    let problem: Problem | undefined;
    worker.on("message", (told: FromWorker) => {
      if ("named" in told)
        appOf(told.named).then(
          (definition) => worker.postMessage({ definition } satisfies ToWorker),
          (error: unknown) => {
            problem = error instanceof Problem ? error : new Problem("unavailable");
            void worker.terminate();
          },
        );
      else if ("wrong" in told)
        problem = new Problem("invalid-input", {
          faults: [{ at: "body.request", problem: told.wrong }],
        });
      else {
        found = "steps" in told ? told.steps : told.answer;
        if ("answer" in told) void worker.terminate();
      }
    });
    worker.on("error", () => undefined); // out of memory, say: it ends
    try {
      await once(worker, "exit");
    } finally {
      clearTimeout(timer);
      this.#running.delete(worker);
    }
    if (problem !== undefined) throw problem;
    if (found !== undefined) return found;
    throw new Problem("invalid-input", {
      faults: [{ at: "body.request", problem: "takes too long to be explained" }],
    });
  }
}
