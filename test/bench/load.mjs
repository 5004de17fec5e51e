// Sends requests that were written beforehand over connections that stay open, each as soon as the one before it was
// answered. A client that costs as little as this one leaves its core to the server.
import { once } from "node:events";
import { connect } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

/** One connection that carries one request after the other. */
class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #resolve;
  #reject;

  constructor(port) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (bytes) => this.#take(bytes));
    this.#socket.on("error", (error) => this.#reject?.(error));
    this.#socket.on("close", () => this.#reject?.(new Error("the server closed a connection")));
  }

  async open() {
    await once(this.#socket, "connect");
    return this;
  }

  /** The status of the answer. */
  send(request) {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  /** Sends what is too long to be held at once. */
  async stream(head, chunks) {
    const answer = this.send(head);
    answer.catch(() => {}); // it is the caller's, who may not have it yet
    for (const chunk of chunks)
      if (!this.#socket.write(chunk)) await Promise.race([once(this.#socket, "drain"), answer]);
    return answer;
  }

  close() {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #take(bytes) {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`);
    if (this.#received.length < headEnd + HEAD_END.length + length) return;
    this.#received = Buffer.alloc(0);
    this.#resolve(Number(head.slice(9, 12)));
  }
}

/** Several connections to one server. */
export class Connections {
  #all;

  static async open(port, count) {
    const connections = new Connections();
    connections.#all = await Promise.all(
      Array.from({ length: count }, () => new Connection(port).open()),
    );
    return connections;
  }

  /** Sends all of them, which may be made one by one. Their answers as these came: `[{ status, ms }]`. */
  async send(requests) {
    const answers = [];
    const queue = requests[Symbol.iterator]();
    await Promise.all(
      this.#all.map(async (connection) => {
        for (const request of queue) {
          const startedMs = performance.now();
          const status = await connection.send(request);
          answers.push({ status, ms: performance.now() - startedMs });
        }
      }),
    );
    return answers;
  }

  /** Sends one request whose content is made as it goes out. */
  stream(head, chunks) {
    return this.#all[0].stream(head, chunks);
  }

  /**
   * Sends `next()` at a steady rate for some time, whether or not the ones before were answered; what finds no free
   * connection waits for one, and its time runs.
   */
  async pace(next, { perSecond, seconds, onAnswer }) {
    const free = [...this.#all];
    const waiting = [];
    const under = new Set();
    const startMs = performance.now();
    let sent = 0;
    const run = async (connection, item) => {
      for (let turn = item; turn !== undefined; turn = waiting.shift())
        onAnswer(await connection.send(turn.request), performance.now() - turn.startedMs);
      free.push(connection);
    };
    while (performance.now() - startMs < seconds * 1000) {
      const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond);
      for (; sent < due; sent++) {
        const item = { request: next(), startedMs: performance.now() };
        const connection = free.pop();
        if (connection === undefined) waiting.push(item);
        else {
          const running = run(connection, item).finally(() => under.delete(running));
          under.add(running);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const unsent = waiting.splice(0).length;
    await Promise.all(under);
    return { sent, unsent };
  }

  close() {
    for (const connection of this.#all) connection.close();
  }
}
