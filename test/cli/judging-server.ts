import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
  type AppDefinition,
  type Scheme,
} from "@lacre/core";

/** What arrived, and what became of it. */
export interface Seen {
  /** `accepted`, or the refusal. */
  verdict: string;
  method: string;
  target: string;
  headers: IncomingMessage["headers"];
  /** A character for a byte. */
  body: string;
}

/** A plain HTTP server that judges every request with the verifier and remembers it. */
export class JudgingServer {
  seen: Seen[] = [];
  origin = "";
  readonly #server = createServer((incoming, answer) => void this.#answer(incoming, answer));
  readonly #schemes: readonly Scheme[];
  readonly #verifier: Verifier;

  constructor(apps: readonly AppDefinition[], schemes: readonly Scheme[]) {
    this.#schemes = schemes;
    this.#verifier = new Verifier({
      schemes,
      keys: new MemoryKeyStore(readApps(apps, schemes)),
      nonces: new MemoryNonceStore({ fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    const verdict = await this.#judge(incoming, content);
    const { method = "", url: target = "", headers } = incoming;
    this.seen.push({ verdict, method, target, headers, body: content.toString("latin1") });
    answer.writeHead(verdict === "accepted" ? 200 : 401).end(`${verdict}\n`);
  }

  async #judge(incoming: IncomingMessage, content: Buffer): Promise<string> {
    const { method = "", url: target = "", rawHeaders } = incoming;
    const schemes = this.#schemes.map(({ name }) => name);
    try {
      const front = { origins: Origins.of([this.origin]), pathPrefix: "" };
      const request = receive({ method, target, rawHeaders }, front);
      const route = { schemes, signedHeaders: [], scopes: [], stream: false };
      await this.#verifier.verify(request, contentOf(content), route);
      return "accepted";
    } catch (error) {
      return error instanceof Refusal ? error.message : String(error);
    }
  }
}
