import { createHmac } from "node:crypto";
import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Request } from "express";
import { from, lastValueFrom, type Observable } from "rxjs";
import { isDoneOnce, OPERATION, statusOf, type OperationTerms } from "../access/operation.js";
import { personOf } from "../access/person.js";
import { Problem } from "../problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { RepeatedRequests, type Once } from "./repeated-requests.js";

const KEY = /^[\x21-\x7e]{1,200}$/;

/**
 * A POST with an `Idempotency-Key` is done once. Sent again with the same content it gets the same answer, where the
 * operation keeps it; an answer that shows a secret is not kept, and the repeat is told what was made.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly repeated: RepeatedRequests,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const key = request.headers["idempotency-key"];
    const person = personOf(request);
    const terms = this.reflector.get<OperationTerms>(OPERATION, context.getHandler());
    if (key === undefined || person === undefined || !isDoneOnce(request.method, terms))
      return next.handle();
    if (typeof key !== "string" || !KEY.test(key))
      throw new Problem("invalid-input", {
        faults: [
          { at: "header.idempotency-key", problem: "must be 1 to 200 printable characters" },
        ],
      });
    const once = { personId: person.id, key, requestHash: this.#hashOf(request) };
    return from(this.#once(once, terms, next));
  }

  async #once(once: Once, terms: OperationTerms, next: CallHandler): Promise<unknown> {
    const before = await this.repeated.begin(once);
    if (before !== undefined) return before.answer ?? undefined;
    let answer: unknown;
    try {
      answer = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await this.repeated.forget(once);
      throw error;
    }
    const isKept = terms.keepsAnswer === true || statusOf(terms) === 204;
    await this.repeated.end(
      once,
      isKept ? { answer: answer ?? null } : { made: terms.made?.(answer as never) ?? null },
    );
    return answer;
  }

  /** What was sent may be a secret, and one that can be guessed: so it is no plain hash. */
  #hashOf({ method, originalUrl, body }: Request): string {
    const [key = new Uint8Array(0)] = this.settings.markKeys;
    return createHmac("sha256", key)
      .update(`request\n${method} ${originalUrl}\n${JSON.stringify(body)}`)
      .digest("base64url");
  }
}
