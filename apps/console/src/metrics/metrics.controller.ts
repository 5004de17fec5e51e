import { Controller, Get, Header, Inject, Req, Res } from "@nestjs/common";
import type { Request, Response } from "express";
import { z } from "zod";
import { EVERYBODY, Operation, service } from "../access/operation.js";
import { Problem } from "../problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { isLoopback } from "../start/own-addresses.js";
import { ConsoleMetrics } from "./console-metrics.js";

const Text = z.string();

/** For Prometheus: on the same machine at /metrics, from elsewhere signed at /v1/metrics. */
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: ConsoleMetrics,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Get("metrics")
  @Header("Cache-Control", "no-store")
  @Operation({
    summary: "Metrics, for this machine alone, where the settings allow it",
    access: EVERYBODY,
    answer: Text,
    contentType: "text/plain",
  })
  local(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    if (this.settings.localMetrics !== true || !isLocal(request)) throw new Problem("not-found");
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

/**
 * What a proxy on this machine passes on comes from elsewhere, whether the proxy is trusted or not. It shows by what the
 * proxy adds, or by the name that was called; one that hides both does not show, so this is off unless it is asked for.
 */
const isLocal = ({ socket, headers }: Request): boolean =>
  isLoopback(socket.remoteAddress ?? "") &&
  isLoopback(/^(.*?)(?::\d+)?$/.exec(headers.host ?? "")?.[1] ?? "") &&
  !Object.keys(headers).some((name) => PASSED_ON.test(name));

/** Prometheus itself says how long it waits. */
const PASSED_ON = /^(?:x-(?!prometheus-)|forwarded$|via$|cf-|true-client-ip$|client-ip$)/;
