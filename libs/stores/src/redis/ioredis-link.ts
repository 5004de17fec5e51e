import { eventOf, hasMethods, listening, type RedisLink } from "./redis-link.js";

/** What is used of an ioredis client, and of iovalkey, its fork. */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  call(command: string, ...args: string[]): Promise<unknown>;
  multi(): IoredisTransaction;
  connect(): Promise<void>;
  disconnect(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

interface IoredisTransaction {
  call(command: string, ...args: string[]): IoredisTransaction;
  exec(): Promise<[error: Error | null, result: unknown][] | null>;
}

export function isIoredis(client: object): client is IoredisClient {
  return (
    typeof (client as IoredisClient).status === "string" &&
    hasMethods(client, "call", "multi", "connect", "disconnect", "on", "off")
  );
}

export function ioredisLink(client: IoredisClient): RedisLink {
  return {
    get isOpen() {
      return !["wait", "end"].includes(client.status);
    },
    keyPrefix: "", // ioredis puts its own in front, of raw commands too
    get isReady() {
      return client.status === "ready";
    },
    send: ([name, ...args]) => client.call(name, ...args),
    async transaction(commands) {
      const transaction = client.multi();
      for (const [name, ...args] of commands) transaction.call(name, ...args);
      const answers = await transaction.exec();
      if (!Array.isArray(answers)) throw new Error("the transaction was called off");
      return answers.map(([error, result]) => {
        if (error) throw error;
        return result;
      });
    },
    async open() {
      if (client.status === "ready") return;
      if (this.isOpen) await eventOf(client, "ready");
      else await client.connect();
    },
    listen: ({ lost, ready, failed }) =>
      listening(client, { close: lost, end: lost, ready, error: failed }),
    close: () => client.disconnect(),
  };
}
