import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { HttpServer } from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";

/** A middleware of Express. */
export type Handle = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** The parts of a layer of Express's router (the package `router`) that are used here. */
export interface ParserLayer {
  handle: Handle;
  /** Whether it stands on every path. */
  readonly slash?: boolean;
}

/** The body parsers of Express, by the names of their functions, which Nest too knows them by. */
const TYPES: Readonly<Record<string, string>> = {
  jsonParser: "application/json",
  urlencodedParser: "application/x-www-form-urlencoded",
  rawParser: "application/octet-stream",
  textParser: "text/plain",
};
const DEFAULTS = { json: {}, urlencoded: { extended: true } } as const;

type Adapter = HttpServer & {
  useBodyParser(type: string, rawBody: boolean, options?: object): unknown;
  isMiddlewareApplied(name: string): boolean;
};

/**
 * The body parsers of an app on Express. Their own limit, 100 kB where nothing is said, would refuse what a protected
 * route takes; so each parser that Nest installs gets a twin, with the same options and the limit of the protected
 * routes, for their requests alone. Both stand in one layer: every request pays for every layer.
 */
export class ExpressParsers {
  readonly #adapter: Adapter;
  readonly #stack: () => ParserLayer[];
  readonly #maxBytes: number;
  readonly #isLifted: (request: IncomingMessage) => boolean;
  /** What stands here of a parser whose limit need not be looked at. */
  readonly #known = new Set<Handle>();

  /**
   * @param stack the layers of the app's router
   * @param maxBytes the most content that any protected route takes
   * @param isLifted whether a request can reach a protected route
   */
  constructor(
    adapter: HttpServer,
    stack: () => ParserLayer[],
    maxBytes: number,
    isLifted: (request: IncomingMessage) => boolean,
  ) {
    this.#adapter = adapter as Adapter;
    this.#stack = stack;
    this.#maxBytes = maxBytes;
    this.#isLifted = isLifted;
    this.#standOnUseBodyParser();
    this.#standOnDefaults();
  }

  #standOnUseBodyParser(): void {
    const adapter = this.#adapter;
    const use = adapter.useBodyParser.bind(adapter);
    adapter.useBodyParser = (type, rawBody, options) => {
      use(type, rawBody, { ...options, limit: this.#maxBytes });
      const { handle: twin } = this.#stack().pop() as ParserLayer;
      const answer: unknown = use(type, rawBody, options);
      this.#liftWith(twin);
      return answer;
    };
  }

  /** Nest installs these itself where `main.ts` has installed none of their kind. */
  #standOnDefaults(): void {
    const adapter = this.#adapter;
    const register = adapter.registerParserMiddleware.bind(adapter);
    adapter.registerParserMiddleware = (prefix, rawBody) => {
      for (const [type, options] of Object.entries(DEFAULTS))
        if (!adapter.isMiddlewareApplied(`${type}Parser`))
          adapter.useBodyParser(type, rawBody === true, options);
      return register(prefix, rawBody) as unknown;
    };
  }

  /** Leaves requests to protected routes to the twin of the newest parser. */
  #liftWith(twin: Handle): void {
    const layer = this.#stack().at(-1) as ParserLayer;
    const parse = layer.handle;
    const either: Handle = (request, response, next) =>
      this.#isLifted(request) ? twin(request, response, next) : parse(request, response, next);
    Object.defineProperty(either, "name", { value: parse.name });
    layer.handle = either;
    this.#known.add(either);
  }

  /** Where the first parser stands; the end where there is none yet. */
  firstIndex(): number {
    const at = this.#stack().findIndex(({ handle }) => Object.hasOwn(TYPES, handle.name));
    return at < 0 ? this.#stack().length : at;
  }

  /**
   * Tries the parsers that `main.ts` has installed by itself, whose options nobody can read.
   * @throws ConfigurationError for one that takes less content than the protected routes
   */
  async refuseSmaller(): Promise<void> {
    for (const { handle, slash } of this.#stack()) {
      const type = TYPES[handle.name];
      if (type === undefined || slash === false || this.#known.has(handle)) continue;
      const limit = await limitOf(handle, type, this.#maxBytes);
      if (limit !== undefined)
        throw new ConfigurationError(
          "maxBodyBytes",
          `is ${this.#maxBytes}, and the ${handle.name} that main.ts installs takes ${limit} bytes.`,
          `Install it with app.useBodyParser(…), give it limit: ${this.#maxBytes}, or lower maxBodyBytes.`,
        );
    }
  }
}

const PROBE_MS = 1000;

/** The limit of a parser, where it refuses so many bytes: asked of it with a request that announces them. */
async function limitOf(parse: Handle, type: string, bytes: number): Promise<number | undefined> {
  const request = new IncomingMessage(new Socket());
  request.method = "POST";
  request.headers = { "content-type": type, "content-length": String(bytes) };
  const error = await new Promise<unknown>((resolve) => {
    // A parser of the application's own may bear the same name, and do as it likes.
    const timer = setTimeout(resolve, PROBE_MS);
    const done = (error?: unknown): void => {
      clearTimeout(timer);
      resolve(error);
    };
    try {
      parse(request, new ServerResponse(request), done);
      request.push(null);
    } catch {
      done();
    }
  });
  const { type: reason, limit } = (error ?? {}) as { type?: unknown; limit?: unknown };
  return reason === "entity.too.large" ? Number(limit) : undefined;
}
