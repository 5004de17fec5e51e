import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";

export interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly originalUrl: string;
  readonly is404: boolean;
  readonly routeOptions: {
    readonly config: Readonly<Record<symbol, object | undefined>>;
  };
}
export interface FastifyReply {
  readonly raw: ServerResponse;
  getHeader(name: string): unknown;
  getHeaders(): OutgoingHttpHeaders;
  hijack(): unknown;
}
interface FastifyRoute {
  bodyLimit?: number;
  readonly config?: Readonly<Record<symbol, unknown>>;
}
export type Done = (error?: unknown) => void;
/** The parts of Fastify that are used here, so that Fastify need not be installed for Express. */
export interface FastifyInstance {
  readonly server: Server;
  readonly initialConfig: { readonly bodyLimit?: number };
  addHook(name: "onRoute", hook: (route: FastifyRoute) => void): void;
  addHook(
    name: "onRequest",
    hook: (request: FastifyRequest, reply: FastifyReply, done: Done) => void,
  ): void;
  addHook(
    name: "preParsing",
    hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void,
  ): void;
}
