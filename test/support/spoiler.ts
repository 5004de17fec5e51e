import { once } from "node:events";
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy that changes one letter of what passes. */
export class Spoiler {
  spoils: "request" | "answer" | undefined;
  readonly #server: Server;

  private constructor(port: number) {
    this.#server = createServer((incoming, response) => void this.#pass(port, incoming, response));
  }

  static async before(port: number): Promise<Spoiler> {
    const spoiler = new Spoiler(port);
    spoiler.#server.listen(0, "127.0.0.1");
    await once(spoiler.#server, "listening");
    return spoiler;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(port: number, incoming: IncomingMessage, response: ServerResponse) {
    const { method, rawHeaders, url = "" } = incoming;
    const isGet = method === "GET";
    const path = isGet && this.spoils === "request" ? `${url}?x=1` : url;
    const content = await contentOf(incoming);
    const onward = request({ host: "127.0.0.1", port, method, path, headers: rawHeaders });
    onward.end(this.spoils === "request" ? spoilt(content) : content);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const received = await contentOf(answer);
    response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
    response.end(this.spoils === "answer" ? spoilt(received) : received);
  }
}

const spoilt = (content: Buffer) =>
  Buffer.from(content.toString("latin1").replace("tea", "tee"), "latin1");

async function contentOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
