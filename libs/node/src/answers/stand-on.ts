import type { ServerResponse } from "node:http";
import type { HeadArgs } from "./response-head.js";
import type { WriteArgs } from "./write-args.js";

/** What stands before the methods of a response by which an answer is written. */
export interface AnswerGuard {
  writeHead(args: HeadArgs): unknown;
  write(args: WriteArgs): boolean;
  end(args: WriteArgs): ServerResponse;
  flushHeaders(): void;
}

/** The methods as they were before. */
export type Methods = Record<
  "writeHead" | "write" | "end" | "flushHeaders",
  (...args: never[]) => never
>;

const GUARD = Symbol("lacre answer guard");
type Guarded = Methods & { [GUARD]?: AnswerGuard };

// One function for all responses: a closure for each is paid with every request.
function writeHead(this: Guarded, ...args: HeadArgs): unknown {
  return this[GUARD]?.writeHead(args);
}
function write(this: Guarded, ...args: WriteArgs): unknown {
  return this[GUARD]?.write(args);
}
function end(this: Guarded, ...args: WriteArgs): unknown {
  return this[GUARD]?.end(args);
}
function flushHeaders(this: Guarded): void {
  this[GUARD]?.flushHeaders();
}

/** Puts a guard before the methods of a response, and says what stood there. Guards may stand on each other. */
export function standOn(response: ServerResponse, guard: AnswerGuard): Methods {
  const guarded = response as unknown as Guarded;
  const before: Methods = {
    writeHead: guarded.writeHead,
    write: guarded.write,
    end: guarded.end,
    flushHeaders: guarded.flushHeaders,
  };
  const isFirst = guarded[GUARD] === undefined;
  if (isFirst) guarded[GUARD] = guard;
  Object.assign(
    response,
    isFirst
      ? { writeHead, write, end, flushHeaders }
      : {
          writeHead: (...args: HeadArgs) => guard.writeHead(args),
          write: (...args: WriteArgs) => guard.write(args),
          end: (...args: WriteArgs) => guard.end(args),
          flushHeaders: () => guard.flushHeaders(),
        },
  );
  return before;
}
