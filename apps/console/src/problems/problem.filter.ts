import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from "@nestjs/common";
import type { Request, Response } from "express";
import { isDatabaseAway } from "./database-away.js";
import { faultText } from "./fault-text.js";
import { asksForPage, sendProblemPage } from "./problem-page.js";
import { Problem, type ProblemCode, type ProblemMore } from "./problem.js";

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: "invalid-input",
  401: "not-signed-in",
  403: "not-allowed",
  404: "not-found",
  405: "method-not-allowed",
  413: "too-large",
  415: "unsupported-media-type",
  429: "slow-down",
  503: "unavailable",
};

/** Whatever goes wrong is answered as a problem. What nobody expected is 500 without detail, and is in the log. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log = new Logger("Console");

  /** @param methodsAt which methods a path has, of those that no request may have reached */
  constructor(private readonly methodsAt: (path: string) => readonly string[]) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.end();
      return;
    }
    const problem = this.#problemOf(error, request, response);
    const { code, status, more } = problem;
    if (more.retryAfterSeconds !== undefined)
      response.setHeader("Retry-After", String(more.retryAfterSeconds));
    response.vary("Accept");
    if (asksForPage(request) && sendProblemPage(request, response, { code, status, ...more }))
      return;
    response.status(status).type("application/problem+json").send(JSON.stringify(problem));
  }

  #problemOf(error: unknown, request: Request, response: Response): Problem {
    if (error instanceof Problem) return error;
    // Nest's own: no route. Ours say so by a Problem.
    if (error instanceof NotFoundException) return this.#withoutRoute(request, response);
    const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
    const code = status === undefined ? undefined : BY_STATUS[status];
    if (code !== undefined) return new Problem(code, faultsOf(code));
    this.#log.error(faultText(error));
    return isDatabaseAway(error) ? databaseAway() : new Problem("internal");
  }

  #withoutRoute(request: Request, response: Response): Problem {
    const methods = this.methodsAt(request.path);
    if (methods.length === 0) return new Problem("not-found");
    response.setHeader("Allow", methods.join(", "));
    return new Problem("method-not-allowed", { detail: `Allowed here: ${methods.join(", ")}.` });
  }
}

const databaseAway = (): Problem =>
  new Problem("unavailable", { detail: "The database does not answer.", retryAfterSeconds: 5 });

/** Of what no parser could read. */
const faultsOf = (code: ProblemCode): ProblemMore =>
  code === "invalid-input"
    ? { faults: [{ at: "body", problem: "must be JSON, and an object: { … }" }] }
    : {};

/** What Express's own parsers say of what they could not read. */
function statusOf(error: unknown): number | undefined {
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}
