import { setTimeout as wait } from "node:timers/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A wire between a client and a server that can be made bad. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #targetPort: number;
  #delayMs = 0;
  #bytesPerMs = Infinity;
  #freeAtMs = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#join(client));
  }

  static async to(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sends new connections to another server, and cuts the old ones. */
  moveTo(targetPort: number): void {
    this.#targetPort = targetPort;
    this.cut();
  }

  /** Holds every byte back for so long, in each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Takes only so many bytes a second to the server, of all connections together: a server that is slow. */
  limit(bytesPerSecond: number): void {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Leaves the present connections open and moves no byte on them any more: nobody is told. */
  stall(): void {
    for (const pair of this.#pairs)
      for (const socket of pair) socket.pause().removeAllListeners("data");
  }

  /** Closes the present connections. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const server = connect(this.#targetPort, "127.0.0.1");
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [server, client] as const]) {
      from.setNoDelay(true);
      let before = Promise.resolve(); // bytes keep their order, whatever becomes of the delay
      from.on("data", (bytes) => {
        const heldMs = this.#delayMs + (from === client ? this.#waitMs(bytes.byteLength) : 0);
        const held = heldMs === 0 ? undefined : wait(heldMs);
        before = Promise.all([before, held]).then(() => void (to.writable && to.write(bytes)));
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  /** How long it takes until these bytes are through, after those before them. */
  #waitMs(count: number): number {
    const nowMs = performance.now();
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + count / this.#bytesPerMs;
    return this.#freeAtMs - nowMs;
  }
}
