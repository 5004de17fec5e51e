import type { IncomingMessage, ServerResponse } from "node:http";
import {
  secondOf,
  type Authentic,
  type Clock,
  type HeaderEntry,
  type Refusal,
  type Scheme,
  type Window,
} from "@lacre/core";
import { expose } from "./expose.js";

/** How a refused request is answered. Every refusal of one status has the same body, unless diagnostics are on. */
export interface RefusalAnswer {
  readonly status: Refusal["status"];
  readonly headers: readonly HeaderEntry[];
  /** Sent as JSON. */
  readonly body: RefusalBody;
  /** Why, for the server's own eyes. */
  readonly refusal: Refusal;
  /** By which the log knows the request; sent as `X-Request-Id`. */
  readonly requestId: string;
}

/** What a caller is told. */
export interface RefusalBody extends Partial<Diagnostics> {
  readonly statusCode: Refusal["status"];
  readonly message: string;
}

/** What a caller is told beyond the status, where `diagnostics: "respond"` was asked for. */
export interface Diagnostics {
  readonly code: string;
  readonly detail: string;
  readonly canonicalRequest?: string;
}

/** What answers to refused requests depend on. */
export interface RefusalSettings {
  readonly schemes: readonly Scheme[];
  readonly window: Window;
  readonly clock: Clock;
  readonly respondDiagnostics: boolean;
}

/** Whoever knows how old the memory of nonces is. */
export interface Fence {
  /** For how many seconds more requests that are signed now are refused, because it is too young. */
  readonly fencedForSeconds: number;
}

const MESSAGES = {
  200: "OK",
  401: "Unauthorized",
  403: "Forbidden",
  413: "Payload Too Large",
  503: "Service Unavailable",
} as const;

/** Turns refusals into answers. */
export class RefusalAnswers {
  readonly #settings: RefusalSettings;
  readonly #challenge: string;
  readonly #schemeHeaders: readonly HeaderEntry[];

  constructor(settings: RefusalSettings) {
    this.#settings = settings;
    this.#challenge = challengeOf(settings.schemes);
    this.#schemeHeaders = schemeHeadersOf(settings.schemes);
  }

  /**
   * The answer to a refused request.
   * @param proof who made the request, where that is known
   * @param fence asked where the answer says how long to wait
   */
  of(
    refusal: Refusal,
    requestId: string,
    proof: Authentic | undefined,
    fence: Fence,
  ): RefusalAnswer {
    const { status } = refusal;
    const headers: HeaderEntry[] = [
      ["X-Request-Id", requestId],
      ["Cache-Control", "no-store, no-transform"],
      // The URL may be a presigned one, readable or not.
      ["Referrer-Policy", "no-referrer"],
    ];
    if (status === 401)
      headers.push(
        ["WWW-Authenticate", (proof && this.#ownChallenge(proof, refusal)) ?? this.#challenge],
        ...this.#schemeHeaders,
      );
    if (status === 503) headers.push(["Retry-After", this.#retryAfterSeconds(fence)]);
    const body = { statusCode: status, message: MESSAGES[status], ...this.#diagnostics(refusal) };
    return { status, headers, body, refusal, requestId };
  }

  /** The same for all 503, or it would tell them apart. */
  #retryAfterSeconds({ fencedForSeconds }: Fence): string {
    return String(Math.max(this.#settings.window.futureSkewSeconds + 1, fencedForSeconds));
  }

  /** What a scheme has to say to the holder of a key alone, such as the time. */
  #ownChallenge(proof: Authentic, { code }: Refusal): string | undefined {
    return proof.scheme.challenge?.(code, proof, secondOf(this.#settings.clock.nowMs()));
  }

  #diagnostics(refusal: Refusal): Diagnostics | undefined {
    if (!this.#settings.respondDiagnostics) return undefined;
    const { canonicalRequest } = refusal.progress();
    return {
      code: refusal.code,
      detail: refusal.message,
      ...(canonicalRequest !== undefined && { canonicalRequest }),
    };
  }
}

/** Sets the headers of the answer, while that can be done. Status and content are for whoever writes it. */
export function setRefusalHeaders({ request, response }: Met, answer: RefusalAnswer): void {
  if (response.headersSent) return;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  // Whether the application allows the origin is not known yet: Fastify keeps that to itself until the answer is sent.
  if (request.headers.origin !== undefined) expose(response, toldBy(answer));
}

interface Met {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a refusal tells scripts too: the challenge, when to come again, and the id by which the log knows it. */
export const toldBy = ({ headers }: RefusalAnswer): readonly string[] =>
  headers.map(([name]) => name).filter((name) => !FOR_BROWSERS.has(name));

const FOR_BROWSERS: ReadonlySet<string> = new Set(["Cache-Control", "Referrer-Policy"]);

/**
 * Sets the status of the answer and the headers of its content.
 * @returns the content, to be sent
 */
export function setRefusalContent(
  response: ServerResponse,
  { status, body }: Pick<RefusalAnswer, "status" | "body">,
): Buffer {
  const content = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", String(content.byteLength));
  return content;
}

/** RFC 9110 §15.5.2: a 401 names at least one way in, even where the schemes have no word for it. */
function challengeOf(schemes: readonly Scheme[]): string {
  const words = [...new Set(schemes.flatMap(({ challenges }) => challenges))];
  return (words.length > 0 ? words : schemes.map(({ name }) => name)).join(", ");
}

/** One line for each name. They are lists, so what two schemes have to say of one stands side by side. */
function schemeHeadersOf(schemes: readonly Scheme[]): readonly HeaderEntry[] {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of schemes.flatMap(({ refusalHeaders = [] }) => refusalHeaders))
    values.set(name, (values.get(name) ?? new Set()).add(value));
  return Array.from(values, ([name, said]) => [name, [...said].join(", ")]);
}
