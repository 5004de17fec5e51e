import { Controller, Get, Header, Req, Res } from "@nestjs/common";
import type { Request, Response } from "express";
import { z } from "zod";
import { EVERYBODY, Operation, service } from "../access/operation.js";
import { Problem } from "../problems/problem.js";
import { isLoopback } from "../start/own-addresses.js";
import { ConsoleMetrics } from "./console-metrics.js";

const Text = z.string();

/** For Prometheus: on the same machine at /metrics, from elsewhere signed at /v1/metrics. */
@Controller()
export class MetricsController {
  constructor(private readonly metrics: ConsoleMetrics) {}

  @Get("metrics")
  @Header("Cache-Control", "no-store")
  @Operation({
    summary: "Metrics, for this machine alone",
    access: EVERYBODY,
    answer: Text,
    contentType: "text/plain",
  })
  local(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    if (!isLocal(request)) throw new Problem("not-found");
    return this.#send(response);
  }

  @Get("v1/metrics")
  @Header("Cache-Control", "no-store")
  @Operation({
    summary: "Metrics, for whoever signs the request",
    access: service("metrics:read"),
    answer: Text,
    contentType: "text/plain",
  })
  signed(@Res({ passthrough: true }) response: Response): Promise<string> {
    return this.#send(response);
  }

  #send(response: Response): Promise<string> {
    response.type(this.metrics.contentType);
    return this.metrics.text();
  }
}

/** What a proxy on this machine passes on comes from elsewhere, whether the proxy is trusted or not. */
const isLocal = (request: Request): boolean =>
  isLoopback(request.socket.remoteAddress ?? "") &&
  ["x-forwarded-for", "forwarded", "via", "x-real-ip"].every(
    (name) => request.get(name) === undefined,
  );
