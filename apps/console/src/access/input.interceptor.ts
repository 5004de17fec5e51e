import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Request } from "express";
import type { Observable } from "rxjs";
import { z } from "zod";
import { Problem } from "../problems/problem.js";
import { OPERATION, type OperationTerms } from "./operation.js";

/** NUL and halves of characters: no database keeps them, and neither is text in UTF-8. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Of an operation that names no query or no body. What nobody knows is refused, and not dropped in silence. */
const NOTHING = z.strictObject({});

/** Reads what was sent, as the operation says, before its handler sees it. Nothing else reaches a handler. */
@Injectable()
export class InputInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const terms = this.reflector.get<OperationTerms | undefined>(OPERATION, context.getHandler());
    const request = context.switchToHttp().getRequest<Request>();
    refuseUnstorable(request.params, "path");
    refuseUnstorable(request.query, "query");
    refuseUnstorable(request.body, "body");
    // A probe adds what it likes to a ping, against caches.
    const none = terms?.access.by === "everybody" ? undefined : NOTHING;
    const read = {
      query: readPart(terms?.query ?? none, request.query, "query"),
      body: readPart(terms?.body ?? none, request.body as unknown, "body"),
      params: readPart(terms?.params, request.params, "path"),
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

const unusable = (at: string, problem: string): Problem =>
  new Problem("invalid-input", { faults: [{ at, problem }] });

/** Not a loop of calls: whoever sends it says how deep it is. */
function refuseUnstorable(whole: unknown, part: string): void {
  const open: (readonly [at: string, value: unknown])[] = [[part, whole]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [at, value] = next;
    if (typeof value === "string" && UNSTORABLE.test(value))
      throw unusable(at, "must not contain NUL or an unpaired surrogate");
    // JSON has no such number: it was written as one that is too large, and would be kept as null.
    if (typeof value === "number" && !Number.isFinite(value)) throw unusable(at, "is too large");
    if (typeof value !== "object" || value === null) continue;
    for (const [name, inner] of Object.entries(value))
      // To most of what reads objects it is no name, and would be dropped in silence.
      if (name === "__proto__") throw unusable(at, "must have nothing that is called __proto__");
      else if (UNSTORABLE.test(name)) open.push([at, name]);
      else open.push([at === part ? `${part}.${name}` : at, inner]);
  }
}
