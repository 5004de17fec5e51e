import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from "@nestjs/common";
import type { Response } from "express";
import { tap, type Observable } from "rxjs";
import { etagOf } from "./version.js";

/** Sets the ETag of whatever has a version. */
@Injectable()
export class VersionInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      tap((answer: unknown) => {
        const { version } = (answer ?? {}) as { version?: unknown };
        if (typeof version === "number" && !response.headersSent)
          response.setHeader("ETag", etagOf(version));
      }),
    );
  }
}
