import { ClientRequest, IncomingMessage } from "node:http";
import { platform } from "#platform";
import { ConfigurationError, type HeaderEntry } from "@lacre/core";
import supertest from "supertest";
import { Exchange, type Attempt } from "./exchange.js";
import type { ClientOptions } from "./options.js";
import { entriesOfRaw } from "./raw-headers.js";

type TestAgent = InstanceType<typeof supertest.agent>;
type App = ConstructorParameters<typeof supertest.agent>[0];

/**
 * A supertest agent whose every request is signed as it is sent, and whose signed answers are checked.
 *
 * A test sees what the server answered: nothing is sent again, and the server's clock is not learned. Redirects are
 * followed with `redirects` or `.redirects(n)`, never to another origin.
 *
 * @example
 * await signedAgent(app.getHttpServer(), { appId: "orders", apiKey: KEY })
 *   .post("/v1/orders")
 *   .send({ n: 1 })
 *   .expect(201);
 * @throws ConfigurationError for an AppId, a key or an option that will not do
 */
export function signedAgent(app: App, options: ClientOptions): TestAgent {
  return supertest.agent(app).use(signed(options));
}

/**
 * The same as a plugin of superagent's, for one request or for an agent: `request(app).get("/").use(signed({ … }))`.
 * @throws ConfigurationError for an AppId, a key or an option that will not do
 */
export function signed(options: ClientOptions): (request: object) => void {
  const signer = platform.signerOf(options);
  const { redirects } = new Exchange(options, signer).options;
  return (request) => {
    if (redirects > 0) (request as Request).redirects(redirects);
    // One for each, so that what one test does to clocks is not felt by the next.
    signWhatItMakes(request as Request, new Exchange(options, signer));
  };
}

/** What of superagent's Request is needed here. */
interface Request {
  readonly url: string;
  readonly _enableHttp2: boolean;
  redirects(count: number): unknown;
  /** Makes Node's request when it is needed first, and anew for each redirect. */
  request(): ClientRequest;
}

function signWhatItMakes(request: Request, exchange: Exchange): void {
  const make = request.request.bind(request);
  let origin: string | undefined;
  let last: SignedOnEnd | undefined;
  request.request = () => {
    const wanted = new URL(request.url).origin;
    origin ??= wanted;
    if (wanted !== origin)
      throw new ConfigurationError("redirects", "lead to another origin.", "Follow them yourself.");
    if (request._enableHttp2)
      throw new ConfigurationError("http2", "is not signed here.", "Use HTTP/1.1 in this test.");
    const made = make();
    // superagent tells of what is wrong with a query by itself, and makes nothing.
    if (made === last?.outgoing || !(made instanceof ClientRequest)) return made;
    // superagent takes the headers of the request before along.
    for (const [name] of last?.attempt?.headers ?? []) made.removeHeader(name);
    last = new SignedOnEnd(exchange, made);
    return made;
  };
}

/**
 * Holds back what is written to one of Node's requests until all of it is there, signs it, and sends it; and holds back
 * the answer until it has been judged. However the content was made, by then it is bytes.
 */
class SignedOnEnd {
  readonly #exchange: Exchange;
  readonly #content: Buffer[] = [];
  readonly #end: (content: Buffer) => unknown;
  readonly #emit: ClientRequest["emit"];
  #isEnded = false;
  readonly outgoing: ClientRequest;
  attempt: Attempt | undefined;

  constructor(exchange: Exchange, outgoing: ClientRequest) {
    this.#exchange = exchange;
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

  /** A chunk, its encoding and who waits for it to be written, each of which may be missing. */
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
      this.attempt = await this.#exchange.attempt({
        method: outgoing.method,
        url: `${outgoing.protocol}//${String(outgoing.getHeader("host"))}`,
        target: outgoing.path,
        headers: linesOf(outgoing),
        content,
      });
      for (const [name, value] of this.attempt.headers) outgoing.setHeader(name, value);
      if (!outgoing.destroyed) this.#end(content);
    } catch (error) {
      outgoing.destroy(error as Error);
    }
  }

  async #receive(answer: IncomingMessage): Promise<void> {
    const headers = entriesOfRaw(answer.rawHeaders);
    let shown = answer;
    try {
      await this.attempt?.judge({
        status: answer.statusCode as number,
        headers,
        async content() {
          const bytes = Buffer.concat(await answer.toArray());
          shown = answerAgain(answer, bytes);
          return bytes;
        },
      });
    } catch (error) {
      answer.destroy();
      this.#emit("error", error);
      return;
    }
    this.#emit("response", shown);
  }
}

/** An answer that has been read, to be read once more. */
function answerAgain(read: IncomingMessage, bytes: Buffer): IncomingMessage {
  const answer = new IncomingMessage(read.socket);
  const { statusCode, statusMessage, httpVersion, rawHeaders, headers } = read;
  const head = { statusCode, statusMessage, httpVersion, rawHeaders, headers };
  Object.assign(answer, head, { complete: true });
  answer._read = () => {}; // all there is, is here
  answer.push(bytes);
  answer.push(null);
  return answer;
}

const linesOf = (outgoing: ClientRequest): HeaderEntry[] =>
  Object.entries(outgoing.getHeaders()).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((line) => [name, String(line)] as const),
  );
