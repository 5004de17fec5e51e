import { randomUUID } from "node:crypto";
import type { NextFunction, Request, Response } from "express";

/** Short, and of characters that end no line and no field. */
const USABLE = /^[A-Za-z0-9][\w.:=+-]{0,127}$/;

type Identified = Request & { id?: string };

/** Gives each request an id, which answer, log and verdict share. A caller may bring one. */
export function requestIds(request: Request, response: Response, next: NextFunction): void {
  const given = request.get("x-request-id") ?? "";
  const id = USABLE.test(given) ? given : randomUUID();
  (request as Identified).id = id;
  response.setHeader("X-Request-Id", id);
  next();
}

export const requestIdOf = (request: Request): string => (request as Identified).id ?? "";
