import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from "@nestjs/common";
import type { Request, Response } from "express";
import { tap, type Observable } from "rxjs";
import { etagOf } from "./version.js";

/** Sets the ETag of whatever has a version, and lets no cache keep an answer, which may show a secret. */
@Injectable()
export class AnswerHeadersInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const response = http.getResponse<Response>();
    const { method } = http.getRequest<Request>();
    response.setHeader("Cache-Control", method === "GET" ? "private, no-cache" : "no-store");
    return next.handle().pipe(
      tap((answer: unknown) => {
        const { version } = (answer ?? {}) as { version?: unknown };
        if (typeof version === "number" && !response.headersSent)
          response.setHeader("ETag", etagOf(version));
      }),
    );
  }
}
