import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** Whoever has the headers of the answer: Node's response, or Fastify's reply. */
export interface AnswerHeaders {
  getHeader(name: string): unknown;
  getHeaders?(): OutgoingHttpHeaders;
  /** Fastify's: whoever says it sends the answer. */
  hijack?(): unknown;
}

const FIELD = "x-request-id";

/**
 * What may stand in a log, and in an answer, as the id of a request. A stranger may have chosen it: it is short, and can
 * neither end a line or a field, nor go on as a further fact, nor pass for a path, a URL or a formula.
 */
const ID = /^[A-Za-z0-9][\w.:=+-]{0,127}$/;

/** What pino-http and Fastify count with unless they are told otherwise: the same after each start. */
const COUNTED = /^(?:req-[0-9a-z]{1,6}|\d{1,10})$/;

/**
 * The id of a request. What the application has said of it comes first: the answer's `X-Request-Id`, then the `id` that a
 * middleware, pino-http or Fastify gave the request. Then comes the `X-Request-Id` that it came with, and that also comes
 * before an id that only counts. Where there is none that can be used, it is a new one.
 * @param framed the request as its framework knows it
 */
export function requestIdOf(
  request: IncomingMessage,
  framed: object,
  answer: AnswerHeaders,
): string {
  try {
    const given = usable(answer.getHeader(FIELD));
    if (given !== undefined) return given;
    const own = usable((request as Identified).id) ?? usable((framed as Identified).id);
    if (own !== undefined && !COUNTED.test(own)) return own;
    return usable(request.headers[FIELD]) ?? own ?? randomUUID();
  } catch {
    return randomUUID(); // a getter of the application's own
  }
}

type Identified = { readonly id?: unknown };

function usable(id: unknown): string | undefined {
  const text = Number.isSafeInteger(id) ? String(id) : id;
  return typeof text === "string" && ID.test(text) ? text : undefined;
}
