import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A wire on which requests for tea become requests for gin, or the answers do. */
export class ChangingProxy {
  /** What is changed from now on; nothing where it is undefined. */
  changes: "requests" | "answers" | undefined = "requests";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const server = connect(targetPort, "127.0.0.1");
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          client.destroy();
          server.destroy();
          this.#sockets.delete(socket);
        });
      }
      client.on("data", (bytes) =>
        server.write(this.changes === "requests" ? changed(bytes) : bytes),
      );
      server.on("data", (bytes) =>
        client.write(this.changes === "answers" ? changed(bytes) : bytes),
      );
    });
  }

  static async to(url: string): Promise<ChangingProxy> {
    const proxy = new ChangingProxy(Number(new URL(url).port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const changed = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString("latin1").replaceAll("tea", "gin"), "latin1");
