import type { NestExpressApplication } from "@nestjs/platform-express";
import type { NextFunction, Request, Response } from "express";
import { Problem } from "../problems/problem.js";

const USUAL = "64kb";
const LARGE = "1mb";
/** Whole batches of verdicts, and recorded requests. */
const LARGE_PATHS: readonly string[] = ["/v1/ingest", "/v1/explain"];

/** JSON is all that is read, and only so much of it. */
export function readBodies(app: NestExpressApplication): void {
  app.use(refuseOthers);
  const isJson = (request: { headers: { "content-type"?: string } }): boolean =>
    JSON_TYPE.test(request.headers["content-type"] ?? "");
  const isLarge = (request: { url?: string }): boolean =>
    LARGE_PATHS.includes((request.url ?? "").split("?", 1)[0] ?? "");
  app.useBodyParser("json", {
    limit: LARGE,
    type: (request) => isJson(request) && isLarge(request),
  });
  app.useBodyParser("json", {
    limit: USUAL,
    type: (request) => isJson(request) && !isLarge(request),
  });
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

function refuseOthers(request: Request, _response: Response, next: NextFunction): void {
  const {
    "content-length": length,
    "transfer-encoding": coding,
    "content-type": type,
  } = request.headers;
  const hasContent = coding !== undefined || (length !== undefined && length !== "0");
  if (!hasContent || JSON_TYPE.test(type ?? "")) next();
  else next(new Problem("unsupported-media-type", { detail: "Send application/json." }));
}
