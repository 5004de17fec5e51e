import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Request } from "express";
import type { Observable } from "rxjs";
import type { z } from "zod";
import { Problem } from "../problems/problem.js";
import { OPERATION, type OperationTerms } from "./operation.js";

/** Reads what was sent, as the operation says, before its handler sees it. Nothing else reaches a handler. */
@Injectable()
export class InputInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const terms = this.reflector.get<OperationTerms | undefined>(OPERATION, context.getHandler());
    const request = context.switchToHttp().getRequest<Request>();
    const read = {
      params: readPart(terms?.params, request.params, "path"),
      query: readPart(terms?.query, request.query, "query"),
      body: readPart(terms?.body, request.body as unknown, "body"),
    };
    for (const [part, value] of Object.entries(read))
      Object.defineProperty(request, part, { value, configurable: true, enumerable: true });
    return next.handle();
  }
}

function readPart(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return part === "path" ? value : {};
  const read = schema.safeParse(value ?? {});
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => ({
    at: [part, ...path.map(String)].join("."),
    problem: message,
  }));
  throw new Problem("invalid-input", { faults });
}
