import { createServer, request as send, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What came from the console, before it goes on. */
export interface Passing {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  content: Buffer;
}

/**
 * Stands before the console as a proxy does: services call it by this address. It changes answers as it likes, and has no
 * key.
 */
export class Forger {
  private constructor(readonly server: Server) {}

  /** Where the console listens. */
  target = 0;
  /** Whether it answers nobody. */
  isDown = false;
  /** What it does with an answer. Nothing, until a test says otherwise. */
  forge: (passing: Passing, request: IncomingMessage) => void = () => undefined;

  static async start(): Promise<Forger> {
    const server = createServer();
    const forger = new Forger(server);
    server.on("request", (request, response) => {
      if (forger.isDown) return void request.destroy();
      const { method, url, headers } = request;
      const onward = send({ port: forger.target, method, path: url, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const passing = {
            status: answer.statusCode ?? 0,
            headers: { ...answer.headers },
            content: Buffer.concat(chunks),
          };
          forger.forge(passing, request);
          delete passing.headers["content-length"];
          delete passing.headers["transfer-encoding"];
          response.writeHead(passing.status, passing.headers).end(passing.content);
        });
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return forger;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends all connections as they stand. */
  cut(): void {
    this.server.closeAllConnections();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}
