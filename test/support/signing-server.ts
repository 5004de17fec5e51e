import { createHash, type Hash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { pipeline } from "node:stream";
import type { AddressInfo, Server, Socket } from "node:net";
import {
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  ResponseSigner,
  systemClock,
  Verifier,
  type Authentic,
  type Clock,
  type Content,
} from "@lacre/core";
import { DEMO_KEY } from "./app.js";

/** What came in. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The first 64 KiB of the content. */
  readonly body: Buffer;
  readonly byteLength: number;
  /** Of the whole content, in lower-case hex. */
  readonly sha256: string;
  /** Why the request was refused; undefined where it was not. */
  readonly code: string | undefined;
  /** Tells one connection from another. */
  readonly clientPort: number | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * `signed`: as it should be. `unsigned`: without a signature. `body`, `status`, `header`: changed after the answer was
 * signed. `other`: signed for another request. `cut`: the connection ends in the middle of the content.
 * `hang`: no answer at all. `drip`: a byte from time to time behind the head of a signed answer, without an end.
 * `flood`: `floodBytes` of content behind the head of a signed answer. `flood-malformed`: behind a signature that is none.
 */
export type Manner =
  | "signed"
  | "unsigned"
  | "body"
  | "status"
  | "header"
  | "other"
  | "cut"
  | "hang"
  | "drip"
  | "flood"
  | "flood-malformed";

type Listener = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

export interface SigningServerOptions {
  readonly clock?: Clock;
  /** What right requests are answered with; 200 and the target unless said otherwise. */
  readonly reply?: (received: Received) => Reply;
  /** Makes the server: HTTP/1.1 unless said otherwise. */
  readonly create?: (listener: Listener) => Server;
  /** `http` unless said otherwise. */
  readonly protocol?: "http" | "https";
}

/** A server of the test's own that verifies what comes in and signs its answers, without Nest. */
export class SigningServer {
  readonly received: Received[] = [];
  /** How answers are spoiled from now on. */
  manner: Manner = "signed";
  /** How many requests are answered with an unsigned 503 before any is looked at. */
  outages = 0;
  /** How much content a flood has, if the client does not hang up. */
  floodBytes = 600 * 1024 * 1024;
  reply: (received: Received) => Reply;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #verifier: Verifier;
  readonly #signer: ResponseSigner;
  readonly #protocol: string;
  readonly #sockets = new Set<Socket>();
  #previous: Authentic | undefined;

  private constructor(options: SigningServerOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#protocol = options.protocol ?? "http";
    this.reply = options.reply ?? (({ target }) => ({ status: 200, body: target }));
    this.#signer = new ResponseSigner([lacre1], this.#clock);
    this.#verifier = new Verifier({
      schemes: [lacre1],
      keys: new MemoryKeyStore(readApps({ demo: DEMO_KEY }, [lacre1])),
      nonces: new MemoryNonceStore({ fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock: this.#clock,
    });
    const create = options.create ?? ((listener) => createServer(listener));
    this.#server = create((request, response) => void this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: SigningServerOptions = {}): Promise<SigningServer> {
    const server = new SigningServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `${this.#protocol}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get last(): Received | undefined {
    return this.received.at(-1);
  }

  /** The nonces of all requests that came in. */
  get nonces(): readonly (string | undefined)[] {
    return this.received.map(
      ({ headers }) => /Nonce=([\w-]+)/.exec(String(headers["authorization"]))?.[1],
    );
  }

  /** Forgets what came in, and answers as it should. */
  reset(): void {
    this.received.length = 0;
    this.manner = "signed";
    this.outages = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy(); // HTTP/2 keeps its own open
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): Promise<void> {
    const content = new HashedContent();
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) content.add(chunk);
    } catch {
      return; // the client has gone
    }
    const authority = "authority" in request && request.authority ? request.authority : undefined;
    const { method = "", url: target = "" } = request;
    let authentic: Authentic | undefined;
    let code: string | undefined;
    try {
      const rawHeaders = withoutPseudo(request.rawHeaders);
      const secure = this.#protocol === "https";
      const head = receive(
        { method, target, rawHeaders, secure, ...(authority !== undefined && { authority }) },
        { origins: Origins.of("*"), pathPrefix: "" },
      );
      const verification = this.#verifier.begin(head, content);
      authentic = await verification.authenticate(ROUTE);
      await verification.admit(ROUTE);
    } catch (error) {
      code = error instanceof Refusal ? error.code : String(error);
    }
    const received = {
      method,
      target,
      headers: request.headers,
      body: content.beginning,
      byteLength: content.settle(),
      sha256: content.digest("sha256", "hex"),
      code,
      clientPort: request.socket.remotePort,
    };
    this.received.push(received);
    if (this.outages > 0) {
      this.outages--;
      send(response, { status: 503, headers: { "retry-after": "0" } });
      return;
    }
    const reply = code === undefined ? this.reply(received) : refusal(code);
    this.#reply(method, authentic, reply, response);
  }

  #reply(
    method: string,
    authentic: Authentic | undefined,
    reply: Reply,
    response: ServerResponse | Http2ServerResponse,
  ): void {
    const isBare = method === "HEAD" || reply.status === 204 || reply.status === 304;
    const body = isBare ? Buffer.alloc(0) : Buffer.from(reply.body ?? "");
    const previous = this.#previous;
    this.#previous = authentic ?? previous;
    const draft = {
      status: reply.status,
      headers: Object.entries(reply.headers ?? {}),
      content: body,
    };
    const signedFor = this.manner === "other" ? previous : authentic;
    const signature =
      this.manner === "unsigned"
        ? []
        : signedFor === undefined
          ? this.#signer.feign(undefined, draft)
          : this.#signer.sign(signedFor, draft);
    const headers: Record<string, string> = {
      ...reply.headers,
      "cache-control": "no-store, no-transform",
      ...Object.fromEntries(signature),
    };
    if (this.manner === "header") headers["content-type"] = "text/html";
    if (this.manner === "flood-malformed") headers["Lacre-Signature"] = "x";
    if (this.manner === "flood" || this.manner === "flood-malformed") {
      (response as ServerResponse).writeHead(reply.status, headers);
      pipeline(zeros(this.floodBytes), response, () => {});
      return;
    }
    if (this.manner === "hang") return;
    if (this.manner === "drip") {
      (response as ServerResponse).writeHead(reply.status, headers);
      const timer = setInterval(() => (response as ServerResponse).write("a"), 20);
      response.once("close", () => clearInterval(timer));
      return;
    }
    if (this.manner === "cut") {
      response.writeHead(reply.status, { ...headers, "content-length": String(body.length + 1) });
      (response as ServerResponse).write(body);
      setImmediate(() => response.destroy());
      return;
    }
    send(response, {
      status: this.manner === "status" ? reply.status + 1 : reply.status,
      headers,
      body: this.manner === "body" ? Buffer.from(body.map((byte) => byte ^ 1)) : body,
    });
  }
}

const ROUTE = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
const CHALLENGE = { "www-authenticate": "LACRE1-HMAC-SHA256", "content-type": "text/plain" };

const refusal = (code: string): Reply => ({
  status: 401,
  headers: { ...CHALLENGE, ...(isOutOfWindow(code) && { "lacre-clock": "out-of-window" }) },
  body: code,
});

/** Whether a refusal is for the clock alone: what `Lacre-Clock` tells (docs/protocol.md section 11). */
export const isOutOfWindow = (code: string): boolean =>
  code === "timestamp-too-old" || code === "timestamp-too-new";

function send(response: ServerResponse | Http2ServerResponse, { status, headers, body }: Reply) {
  response.writeHead(status, { ...headers });
  response.end(body ?? "");
}

function* zeros(byteLength: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < byteLength; sent += chunk.length) yield chunk;
}

/** HTTP/2 has the request line among the headers. */
const withoutPseudo = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.filter((_, i) => !(rawHeaders[i - (i % 2)] as string).startsWith(":"));

const BEGINNING_BYTES = 64 * 1024;

/** Content of which the hashes are kept, and the beginning. */
class HashedContent implements Content {
  readonly #hashes: Record<string, Hash> = {
    sha256: createHash("sha256"),
    sha512: createHash("sha512"),
  };
  readonly #beginning: Buffer[] = [];
  #byteLength = 0;

  add(chunk: Buffer): void {
    for (const hash of Object.values(this.#hashes)) hash.update(chunk);
    if (this.#byteLength < BEGINNING_BYTES) this.#beginning.push(chunk);
    this.#byteLength += chunk.byteLength;
  }

  get beginning(): Buffer {
    return Buffer.concat(this.#beginning).subarray(0, BEGINNING_BYTES);
  }

  settle(): number {
    return this.#byteLength;
  }

  digest(...[algorithm, encoding]: Parameters<Content["digest"]>): string {
    return (this.#hashes[algorithm] as Hash).copy().digest(encoding);
  }

  bytes(): Buffer {
    throw new Error("no scheme here asks for the bytes");
  }

  expect(): void {
    throw new Error("nothing is streamed here");
  }
}
