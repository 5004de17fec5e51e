import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { INestApplicationContext } from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import { attemptOf } from "@lacre/node";
import { moduleOf } from "./module-of.js";

/** Why a request was refused, as the log of the application says it. */
export interface SeenRefusal {
  /** Method and path; the method alone where the head could not be taken in. */
  readonly request: string;
  readonly status: number;
  /** As in the list of refusal codes. */
  readonly code: string;
  readonly message: string;
  /** What the answer carries as `X-Request-Id`. */
  readonly requestId: string;
}

const seen = new WeakMap<Server, SeenRefusal[]>();

/**
 * The refused requests of an application that is initialised, oldest first: those that came to its HTTP server since the
 * first call, so call it before them. The list grows.
 *
 * @example
 * const refusals = refusalsOf(app);
 * await signedAgent(app, { appId: "guest" }).post("/orders").expect(403);
 * expect(refusals.at(-1)?.code).toBe("scope-insufficient");
 */
export function refusalsOf(app: INestApplicationContext): readonly SeenRefusal[] {
  moduleOf(app, "refusalsOf"); // an empty list would say that nothing was refused
  const server = app.get(HttpAdapterHost).httpAdapter.getHttpServer() as Server;
  const known = seen.get(server);
  if (known !== undefined) return known;
  const refusals: SeenRefusal[] = [];
  seen.set(server, refusals);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Before the answer is on its way: whoever has the answer finds the reason.
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = (...args: unknown[]) => {
      note(request, refusals);
      return end(...args);
    };
  });
  return refusals;
}

function note(request: IncomingMessage, refusals: SeenRefusal[]): void {
  const attempt = attemptOf(request);
  if (attempt?.standing.kind !== "refused") return;
  const { refusal, requestId, status } = attempt.standing.answer;
  if (refusals.some((known) => known.requestId === requestId)) return;
  const { code, message } = refusal;
  refusals.push({ request: attempt.name, status, code, message, requestId });
}
