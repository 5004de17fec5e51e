import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  contentOf,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
  type Content,
  type NonceStore,
  type ReceivedHead,
} from "@lacre/core";
import { DEMO_KEY } from "../support/app.js";

/** Where a server may go wrong. What is left out is right. */
export interface Faults {
  /** The origins that it takes; its own unless said otherwise. */
  origins?: "*";
  nonces?: NonceStore;
  /** Lets a request in without looking. */
  letsIn?: (incoming: IncomingMessage) => boolean;
  /** What the verifier is given in place of the head. */
  head?: (head: ReceivedHead, own: string) => ReceivedHead;
  /** What the verifier is given in place of the content. */
  content?: (bytes: Buffer, incoming: IncomingMessage) => Content;
  /** Answers by itself; false leaves it to the others. */
  answers?: (
    refusal: Refusal | undefined,
    answer: ServerResponse,
    incoming: IncomingMessage,
  ) => boolean;
}

/** A server with the verifier behind a fault of its own making. */
export class FaultyServer {
  readonly #server: Server;
  readonly #faults: Faults;
  readonly #verifier: Verifier;
  origin = "";
  /** How many requests were being served at once, at most. */
  most = 0;
  #open = 0;

  constructor(faults: Faults = {}) {
    this.#faults = faults;
    this.#verifier = new Verifier({
      schemes: [lacre1],
      keys: new MemoryKeyStore(readApps({ demo: DEMO_KEY }, [lacre1])),
      nonces: faults.nonces ?? new MemoryNonceStore({ fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    });
    this.#server = createServer((incoming, answer) => void this.#serve(incoming, answer));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.most = Math.max(this.most, ++this.#open);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const refusal = await this.#judge(incoming, Buffer.concat(chunks));
    this.#open -= 1;
    if (this.#faults.answers?.(refusal, answer, incoming) === true) return;
    answer.setHeader("X-Request-Id", String(Math.random()));
    if (refusal !== undefined) answer.setHeader("WWW-Authenticate", lacre1.challenges.join(", "));
    answer.writeHead(refusal?.status ?? 200).end(refusal === undefined ? "ran" : "refused");
  }

  async #judge(incoming: IncomingMessage, bytes: Buffer): Promise<Refusal | undefined> {
    const { origins, letsIn, head, content = contentOf } = this.#faults;
    if (letsIn?.(incoming) === true) return undefined;
    const { method = "", url: target = "", rawHeaders } = incoming;
    const front = { origins: Origins.of(origins ?? [this.origin]), pathPrefix: "" };
    const own = this.origin.slice("http://".length);
    const received = { method, target, rawHeaders };
    const route = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
    try {
      const request = receive(head?.(received, own) ?? received, front);
      await this.#verifier.verify(request, content(bytes, incoming), route);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }
}

/** Header lines in turn, those alone whose name passes; of each name the first only, if so wanted. */
export function headersThat(
  rawHeaders: readonly string[],
  passes: (name: string, at: number) => boolean,
): string[] {
  return rawHeaders.filter((_, i) =>
    passes((rawHeaders[i - (i % 2)] ?? "").toLowerCase(), i - (i % 2)),
  );
}

/** Whether this is the first line of its name. */
export const isFirst = (rawHeaders: readonly string[], name: string, at: number): boolean =>
  rawHeaders.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === name) === at;
