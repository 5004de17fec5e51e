import type { IncomingMessage, ServerResponse } from "node:http";
import { ConfigurationError, type LogSink, type Principal, type RoutePolicy } from "@lacre/core";
import { setRefusalContent, type RefusalAnswer } from "./answers/refusal-answers.js";
import { Gate } from "./gate.js";
import type { GateSettings } from "./gate-settings.js";
import { readGateOptions, type GateOptions } from "./gate-options.js";
import { RefusedError } from "./refused-error.js";
import { readRoute, type RouteOptions } from "./route-options.js";

/** A request that was let in by `middleware` or `hook`. */
export interface Admitted {
  /** Who signed it. */
  principal: Principal;
}

/** A middleware of Express, connect and their kin. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** A hook of Fastify, for `onRequest`. */
export type FastifyHook = (
  request: { readonly raw: IncomingMessage },
  reply: FastifyReply,
) => Promise<unknown>;

interface FastifyReply {
  readonly raw: ServerResponse;
  getHeader(name: string): unknown;
  hijack(): unknown;
  code(status: number): FastifyReply;
  send(body: object): FastifyReply;
}

/**
 * A gate for a server of `node:http`, Express or Fastify.
 *
 * @example
 * const gate = createGate({ apps: { orders: process.env.ORDERS_KEY }, origins: ["https://api.example.com"] });
 * const caller = await gate.admit(request, response, { scopes: ["orders:write"] });
 * if (caller === undefined) return; // refused, and answered
 * @param log where its log goes; the console unless given
 * @throws ConfigurationError
 */
export function createGate(options: GateOptions, log: LogSink = console): ServerGate {
  return new ServerGate(readGateOptions(options, log), log);
}

/** Lets only signed requests in. Ask it before anything reads the content. */
export class ServerGate {
  readonly #settings: GateSettings;
  readonly #log: LogSink;
  readonly #gate: Gate;
  readonly #open: RoutePolicy;
  readonly #rules = new WeakMap<RouteOptions, RoutePolicy>();
  #started: Promise<void> | undefined;
  #isStarted = false;

  constructor(settings: GateSettings, log: LogSink) {
    this.#settings = settings;
    this.#log = log;
    this.#open = readRoute({}, "createGate", settings);
    this.#gate = new Gate(
      settings,
      {
        policies: [this.#open],
        defaultPolicy: this.#open,
        largestBodyBytes: settings.maxBodyBytes,
        signsAny: settings.signResponses,
      },
      {
        log,
        toError: (answer) => new RefusedError(answer),
        answered: () => Promise.reject(ANSWERED),
      },
    );
  }

  /**
   * Starts the nonce store, and begins to watch the app source. The first request does so too; call it before the server listens, and one that cannot be
   * used ends the start.
   * @throws what the store or the source throws
   */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  async #start(): Promise<void> {
    await this.#gate.start(this.#log);
    this.#isStarted = true;
  }

  /** Closes what the nonce store has opened, and watches the app source no longer. */
  async stop(): Promise<void> {
    this.#gate.verdicts.flushLog();
    try {
      await this.#settings.keys.stop?.();
    } finally {
      await this.#settings.nonces.stop?.();
    }
  }

  /**
   * Judges a request. Where it is refused, the answer has been sent, and so where it is a first contact.
   * @param rule what the route asks for; read once, where it is kept in a constant
   * @returns who signed it; undefined where it is refused, or was a first contact of the sender
   */
  async admit(
    request: IncomingMessage,
    response: ServerResponse,
    rule?: RouteOptions,
  ): Promise<Principal | undefined> {
    const verdict = await this.#judge(request, response, this.#policyOf(rule));
    if (verdict.kind === "admitted") return verdict.principal;
    if (verdict.kind === "refused") send(response, verdict.answer);
    return undefined;
  }

  /** Lets signed requests on to the next handler, with `request.principal`. To stand before the body parsers. */
  middleware(rule?: RouteOptions): Middleware {
    const policy = this.#policyOf(rule);
    return (request, response, next) => {
      this.#judge(request, response, policy).then((verdict) => {
        if (verdict.kind === "refused") send(response, verdict.answer);
        if (verdict.kind !== "admitted") return;
        (request as IncomingMessage & Admitted).principal = verdict.principal;
        next();
      }, next);
    };
  }

  /** The same for Fastify: `app.addHook("onRequest", gate.hook())`, or the option `onRequest` of a route. */
  hook(rule?: RouteOptions): FastifyHook {
    const policy = this.#policyOf(rule);
    return async (request, reply) => {
      const verdict = await this.#judge(request.raw, reply.raw, policy, { request, reply });
      if (verdict.kind === "answered") return reply; // it is sent
      if (verdict.kind === "refused")
        return reply.code(verdict.answer.status).send(verdict.answer.body);
      (request as typeof request & Admitted).principal = verdict.principal;
      return undefined;
    };
  }

  async #judge(
    request: IncomingMessage & { readonly originalUrl?: string },
    response: ServerResponse,
    policy: RoutePolicy,
    framed?: { readonly request: object; readonly reply: FastifyReply },
  ): Promise<Judged> {
    // The content of a copy would be waited for in vain. A proxy hands on what is asked of it.
    if (!Object.hasOwn(request, "_readableState"))
      throw new Error("this is a copy of a request: give the gate the request itself");
    const target = request.originalUrl ?? request.url ?? "";
    const attempt = this.#gate.meet(request, response, target);
    attempt.route = policy;
    if (framed !== undefined) attempt.frame(framed.request, framed.reply);
    try {
      if (!this.#isStarted) await this.start();
      return { kind: "admitted", principal: await this.#gate.admit(attempt, policy) };
    } catch (error) {
      if (error === ANSWERED) return { kind: "answered" };
      if (error instanceof RefusedError) return { kind: "refused", answer: error.answer };
      throw error;
    }
  }

  /** @throws ConfigurationError for a rule that cannot be kept, or that takes more than the gate */
  #policyOf(rule: RouteOptions | undefined): RoutePolicy {
    if (rule === undefined) return this.#open;
    let policy = this.#rules.get(rule);
    if (policy === undefined) {
      policy = readRoute(rule, "rule", this.#settings);
      this.#refuseMore(policy);
      this.#rules.set(rule, policy);
    }
    return policy;
  }

  /** How long nonces are remembered, and how much content is kept, was settled by the options of the gate. */
  #refuseMore({ maxAgeSeconds = 0, maxBodyBytes = 0, stream }: RoutePolicy): void {
    const { window, maxBodyBytes: most } = this.#settings;
    if (maxAgeSeconds > window.maxAgeSeconds)
      throw new ConfigurationError(
        "rule: maxAge",
        `must be at most ${window.maxAgeSeconds}, the maxAge of the gate.`,
        "Raise maxAge in createGate, and shorten it where requests must be younger.",
      );
    if (!stream && maxBodyBytes > most)
      throw new ConfigurationError(
        "rule: maxBodyBytes",
        `must be at most ${most}, the maxBodyBytes of the gate.`,
        "Raise maxBodyBytes in createGate, and lower it where less is taken.",
      );
  }
}

/** What ends the wait for a principal, where the request is answered already. */
const ANSWERED = new Error("the request is answered");

/** What came of a request. A first contact, and a repeat that is acknowledged, have been answered. */
type Judged =
  | { readonly kind: "admitted"; readonly principal: Principal }
  | { readonly kind: "refused"; readonly answer: RefusalAnswer }
  | { readonly kind: "answered" };

/** Sends a refusal, whose headers are set already. */
function send(response: ServerResponse, answer: RefusalAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.end(setRefusalContent(response, answer));
}
