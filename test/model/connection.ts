import { connect, type Socket } from "node:net";
import { render, type WireRequest } from "../support/wire.js";

/** Sends one request after the other on one connection, byte by byte as given, and tells the status of each answer. */
export class Connection {
  #socket: Socket | undefined;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async send(request: WireRequest): Promise<number> {
    const socket = (this.#socket ??= await open(this.#port));
    const bytes = render(request, "keep-alive");
    return new Promise((resolve, reject) => {
      let received = "";
      const settle = (end: () => void): void => {
        socket.off("data", take).off("close", fail).off("error", fail);
        end();
      };
      const fail = (): void => {
        this.#socket = undefined;
        settle(() => reject(new Error(`no whole answer: ${received}`)));
      };
      const take = (chunk: Buffer): void => {
        received += chunk.toString("latin1");
        const status = statusOf(received, request.method);
        if (status === undefined) return;
        if (/^connection: close/im.test(received)) this.close();
        settle(() => resolve(status));
      };
      socket.on("data", take).on("close", fail).on("error", fail);
      socket.write(bytes);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  socket.removeAllListeners("error").on("error", () => undefined);
  return socket;
}

/** The status of an answer that is complete. */
function statusOf(received: string, method: string): number | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = received.slice(0, end);
  const content = received.slice(end + 4);
  const status = Number(head.split(" ")[1]);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const isWhole =
    method === "HEAD" ||
    (length === undefined ? content.endsWith("0\r\n\r\n") : content.length >= Number(length));
  return isWhole ? status : undefined;
}
