import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from "@nestjs/common";
import { finalize, type Observable } from "rxjs";
import { Problem } from "../problems/problem.js";

/** After the connections were closed. A statement that still waits then waits for a database that does not answer. */
const PATIENCE_MS = 5_000;

/** Knows which requests are being worked on, also those whose connection is gone. */
@Injectable()
export class RunningHandlers implements NestInterceptor {
  #running = 0;
  #ended: (() => void) | undefined;

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.#ended !== undefined) throw new Problem("unavailable");
    this.#running += 1;
    return next.handle().pipe(
      finalize(() => {
        this.#running -= 1;
        if (this.#running === 0) this.#ended?.();
      }),
    );
  }

  /** From now on none begins; waits for those that have. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      if (this.#running === 0) resolve();
      else setTimeout(resolve, PATIENCE_MS).unref();
    });
  }
}
