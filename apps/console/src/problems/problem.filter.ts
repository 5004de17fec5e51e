import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from "@nestjs/common";
import type { Response } from "express";
import { Problem, type ProblemCode } from "./problem.js";

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: "invalid-input",
  401: "not-signed-in",
  403: "not-allowed",
  404: "not-found",
  405: "method-not-allowed",
  413: "too-large",
  429: "slow-down",
  503: "unavailable",
};

/** Whatever goes wrong is answered as a problem. What nobody expected is 500 without detail, and is in the log. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log = new Logger("Console");

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.end();
      return;
    }
    const problem = this.#problemOf(error);
    if (problem.more.retryAfterSeconds !== undefined)
      response.setHeader("Retry-After", String(problem.more.retryAfterSeconds));
    response.status(problem.status).type("application/problem+json").send(JSON.stringify(problem));
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
    const code = status === undefined ? undefined : BY_STATUS[status];
    if (code !== undefined) return new Problem(code);
    this.#log.error(error instanceof Error ? error.stack : String(error));
    return new Problem("internal");
  }
}

/** What Express's own parsers say of what they could not read. */
function statusOf(error: unknown): number | undefined {
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}
