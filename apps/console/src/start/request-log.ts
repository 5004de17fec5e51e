import { Logger } from "@nestjs/common";
import type { NextFunction, Request, Response } from "express";
import { personOf } from "../access/person.js";
import type { ConsoleMetrics } from "../metrics/console-metrics.js";
import { requestIdOf } from "./request-id.js";

/** What is known of a request that has been answered. No query, header, body or token is in it. */
export interface AnsweredRequest {
  readonly id: string;
  readonly method: string;
  /** As it is written in the code: what a caller chose is not in it. Empty where no route was found. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly person?: string;
  readonly app?: string;
}

/** One line of the log for each request of the API, and its count. */
export function requestLog(metrics: ConsoleMetrics) {
  const log = new Logger("Request");
  return (request: Request, response: Response, next: NextFunction): void => {
    const started = performance.now();
    response.once("close", () => {
      const ms = Math.round((performance.now() - started) * 10) / 10;
      const answered = { ...described(request), status: response.statusCode, ms };
      metrics.count(answered);
      log.log(answered);
    });
    next();
  };
}

function described(request: Request): Omit<AnsweredRequest, "status" | "ms"> {
  const { path } = (request.route ?? {}) as { path?: unknown };
  const person = personOf(request)?.id;
  const { appId } = ((request as { user?: unknown }).user ?? {}) as { appId?: unknown };
  return {
    id: requestIdOf(request),
    method: METHODS.has(request.method) ? request.method : "OTHER",
    route: typeof path === "string" ? path : "",
    ...(person !== undefined && { person }),
    ...(typeof appId === "string" && { app: appId }),
  };
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
