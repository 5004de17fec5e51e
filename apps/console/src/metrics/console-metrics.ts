import { Injectable } from "@nestjs/common";
import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";

/** What the console counts of itself, for Prometheus. */
@Injectable()
export class ConsoleMetrics {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: "lacre_console_request_seconds",
    help: "Requests by method, route and status, and how long they took",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.#registry],
  });
  readonly #signIns = new Counter({
    name: "lacre_console_sign_ins_total",
    help: "Sign-ins by outcome: done, refused, slowed",
    labelNames: ["outcome"],
    registers: [this.#registry],
  });
  readonly #verdicts = new Counter({
    name: "lacre_console_verdicts_total",
    help: "Verdicts that services have told",
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** A request that has been answered. */
  count(request: { method: string; route: string; status: number; ms: number }): void {
    const { method, route, status, ms } = request;
    this.#requests.observe({ method, route, status: String(status) }, ms / 1000);
    const outcome = SIGN_IN_ROUTES.has(route) ? OUTCOMES[status] : undefined;
    if (outcome !== undefined) this.#signIns.inc({ outcome });
  }

  /** Verdicts of a batch that was counted for the first time. */
  countVerdicts(count: number): void {
    this.#verdicts.inc(count);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

const SIGN_IN_ROUTES = new Set(["/v1/login", "/v1/passkeys/login"]);
const OUTCOMES: Readonly<Record<number, string>> = { 200: "done", 401: "refused", 429: "slowed" };
