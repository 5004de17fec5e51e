import { ClientRequest, IncomingMessage } from "node:http";
import { ConfigurationError, isPromise, type HeaderEntry } from "@lacre/core";
import { readWithin } from "./answers/bounded-content.js";
import { Exchange, ringOf, type Attempt } from "./exchange.js";
import { linesOfRaw } from "./header-lines.js";
import { readClientOptions, readElsewhere, type ClientOptions } from "./options.js";
import { hasCredentials } from "./send.js";
import { refuseSigning, signs } from "./signing-once.js";

/** Who signs, and for which server. */
export interface SupertestOptions extends ClientOptions {
  /**
   * The public origin of the server under test, which a test reaches by another one: `"https://api.example.com"`. It is
   * what is signed, and what the server sees as `Host`. Default: where the request goes.
   */
  readonly origin?: string | undefined;
  /** What a proxy would strip from the path, as in the server's own option: it is signed, and not sent. Default: none. */
  readonly pathPrefix?: string | undefined;
}

const OTHERS = {
  origin: readElsewhere('"https://api.example.com"'),
  pathPrefix: readElsewhere('"/api"'),
};

/** An agent of supertest, or one of its requests. */
interface Pluggable {
  use(plugin: (request: object) => void): unknown;
}

/**
 * Makes an agent of supertest, or one of its requests, sign what is sent and check signed answers; returns it.
 *
 * A test sees what the server answered: nothing is sent again, and the server's clock is not learned. Redirects are
 * followed with `redirects` or `.redirects(n)`, never to another origin.
 *
 * @example
 * await signSupertest(supertest.agent(app.getHttpServer()), { appId: "orders", apiKey: KEY })
 *   .post("/v1/orders")
 *   .send({ n: 1 })
 *   .expect(201);
 * @param options a promise of them is waited for before anything is sent
 * @throws ConfigurationError for a wrong AppId, key or option, and for what signs already
 */
export function signSupertest<T extends Pluggable>(
  target: T,
  options: SupertestOptions | Promise<SupertestOptions>,
): T {
  const sending = isPromise(options) ? options.then(readSending) : readSending(options);
  refuseSigning(target, "supertest", "Give it to signSupertest once, the agent or the request.");
  target.use((request) => {
    signs(request);
    const { redirects = 0 } = isPromise(sending) ? {} : sending;
    if (redirects > 0) (request as Request).redirects(redirects);
    signWhatItMakes(request as Request, sending);
  });
  return signs(target);
}

/** What the requests of one agent have in common. */
interface Sending {
  readonly redirects: number;
  readonly origin: URL | undefined;
  readonly pathPrefix: string;
  /** One for each request, so that no test changes the clock of the next. */
  exchange(): Exchange;
}

function readSending({ origin, pathPrefix = "", ...options }: SupertestOptions): Sending {
  const { signer, keys, settings } = readClientOptions(options, "signSupertest", OTHERS);
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).origin !== origin))
    throw new ConfigurationError("origin", "is not an origin.", 'Write "https://api.example.com".');
  if (pathPrefix !== "" && !/^(?:\/[^/?#]+)+$/.test(pathPrefix))
    throw new ConfigurationError("pathPrefix", "is not a path.", 'Write "/api".');
  const ring = ringOf(signer, keys);
  return {
    redirects: settings.redirects,
    origin: origin === undefined ? undefined : new URL(origin),
    pathPrefix,
    exchange: () => new Exchange(settings, ring, false),
  };
}

/** The part of superagent's Request that is used here. */
interface Request {
  readonly url: string;
  readonly _enableHttp2: boolean;
  redirects(count: number): unknown;
  /** Makes Node's request at the first call, and a new one for each redirect. */
  request(): ClientRequest;
}

function signWhatItMakes(request: Request, sending: Sending | Promise<Sending>): void {
  const make = request.request.bind(request);
  let origin: string | undefined;
  let last: SignedOnEnd | undefined;
  request.request = () => {
    const url = new URL(request.url);
    origin ??= url.origin;
    if (request._enableHttp2)
      throw new ConfigurationError("http2", "must be off.", "Use HTTP/1.1 in this test.");
    const made = make();
    // For a wrong query, superagent reports an error and makes no request.
    if (made === last?.outgoing || !(made instanceof ClientRequest)) return made;
    // Not thrown: superagent follows redirects where nobody catches it. Nothing of it has been sent.
    if (url.origin !== origin) return made.destroy(ELSEWHERE);
    if (hasCredentials(url)) return made.destroy(SECOND_CREDENTIAL);
    // superagent copies the headers of the request before.
    for (const [name] of last?.attempt?.headers ?? []) made.removeHeader(name);
    last = new SignedOnEnd(sending, made);
    return made;
  };
}

const ELSEWHERE = new ConfigurationError(
  "redirects",
  "must not lead to another origin.",
  "Follow this one in the test.",
);

const SECOND_CREDENTIAL = new ConfigurationError(
  "url",
  "must have no user name and no password, nor may a redirect: the signature is the credential.",
  "Leave them out.",
);

/**
 * Holds back the content of one of Node's requests until it is complete, signs it, and sends it; then holds back the
 * answer until it has been judged. Whatever made the content, here it is bytes.
 */
class SignedOnEnd {
  readonly #sending: Sending | Promise<Sending>;
  readonly #content: Buffer[] = [];
  readonly #end: (content: Buffer) => unknown;
  readonly #emit: ClientRequest["emit"];
  #isEnded = false;
  readonly outgoing: ClientRequest;
  attempt: Attempt | undefined;

  constructor(sending: Sending | Promise<Sending>, outgoing: ClientRequest) {
    this.#sending = sending;
    this.outgoing = outgoing;
    this.#end = outgoing.end.bind(outgoing);
    this.#emit = outgoing.emit.bind(outgoing);
    outgoing.write = (...written: unknown[]) => {
      this.#take(written);
      return true;
    };
    outgoing.end = (...written: unknown[]) => {
      this.#take(written);
      if (!this.#isEnded) void this.#send();
      this.#isEnded = true;
      return outgoing;
    };
    outgoing.emit = (event: string, ...details: unknown[]) => {
      if (event !== "response") return this.#emit(event, ...details);
      void this.#receive(details[0] as IncomingMessage);
      return true;
    };
  }

  /** A chunk, its encoding, and a callback: each of them is optional. */
  #take(written: readonly unknown[]): void {
    const [chunk, encoding] = written;
    if (typeof chunk === "string")
      this.#content.push(
        Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8"),
      );
    else if (chunk instanceof Uint8Array) this.#content.push(Buffer.from(chunk));
    const waiting = written.find((part) => typeof part === "function");
    if (waiting !== undefined) process.nextTick(waiting as () => void);
  }

  async #send(): Promise<void> {
    const { outgoing } = this;
    try {
      const content = Buffer.concat(this.#content);
      const sending = await this.#sending;
      const { origin, pathPrefix } = sending;
      if (origin !== undefined) outgoing.setHeader("host", origin.host);
      this.attempt = await sending.exchange().attempt({
        method: outgoing.method,
        url: origin?.origin ?? `${outgoing.protocol}//${String(outgoing.getHeader("host"))}`,
        target: pathPrefix + outgoing.path,
        headers: linesSent(outgoing),
        content,
      });
      for (const [name, value] of this.attempt.headers) outgoing.setHeader(name, value);
      if (!outgoing.destroyed) this.#end(content);
    } catch (error) {
      outgoing.destroy(error as Error);
    }
  }

  async #receive(answer: IncomingMessage): Promise<void> {
    const headers = linesOfRaw(answer.rawHeaders);
    let shown = answer;
    try {
      await this.attempt?.judge({
        status: answer.statusCode as number,
        headers,
        beginning: () => answer as AsyncIterable<Buffer>,
        async content(limit, declared) {
          const bytes = await readWithin(answer as AsyncIterable<Buffer>, limit, declared);
          shown = answerAgain(answer, bytes);
          return bytes;
        },
      });
    } catch (error) {
      answer.destroy();
      if (this.outgoing.listenerCount("error") > 0) this.#emit("error", error); // else given up, by timeout()
      return;
    }
    this.#emit("response", shown);
  }
}

/** The header lines as Node writes them: of any value its text, also of null. */
const linesSent = (outgoing: ClientRequest): HeaderEntry[] =>
  Object.entries(outgoing.getHeaders()).flatMap(([name, value]) =>
    [value].flat().map((line) => [name, String(line)] as const),
  );

/** An answer that has been read, to be read again. */
function answerAgain(read: IncomingMessage, bytes: Uint8Array): IncomingMessage {
  const answer = new IncomingMessage(read.socket);
  const { statusCode, statusMessage, httpVersion, rawHeaders, headers } = read;
  const head = { statusCode, statusMessage, httpVersion, rawHeaders, headers };
  Object.assign(answer, head, { complete: true });
  answer._read = () => {}; // all of it is pushed below
  answer.push(bytes);
  answer.push(null);
  return answer;
}
