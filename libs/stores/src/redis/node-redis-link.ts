import { ConfigurationError } from "@lacre/core";
import { eventOf, hasMethods, listening, type RedisLink } from "./redis-link.js";

/** What is used of a client of node-redis. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  readonly options?: object;
  sendCommand(args: readonly string[]): Promise<unknown>;
  multi(): NodeRedisTransaction;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

interface NodeRedisTransaction {
  addCommand(args: string[]): unknown;
  exec(): Promise<unknown>;
}

export function isNodeRedis(client: object): client is NodeRedisClient {
  return (
    typeof (client as NodeRedisClient).isReady === "boolean" &&
    hasMethods(client, "sendCommand", "multi", "connect", "destroy", "on", "off")
  );
}

/** @throws ConfigurationError for a client that never reconnects */
export function nodeRedisLink(client: NodeRedisClient, option: string): RedisLink {
  const options = (client.options ?? {}) as {
    keyPrefix?: string;
    socket?: { reconnectStrategy?: unknown };
  };
  if (options.socket?.reconnectStrategy === false)
    throw new ConfigurationError(
      option,
      "never reconnects (reconnectStrategy is false; createKeyvNonBlocking sets it).",
      "Leave reconnectStrategy out, or use createKeyv.",
    );
  return {
    get isOpen() {
      return client.isOpen;
    },
    keyPrefix: options.keyPrefix ?? "", // node-redis leaves raw commands alone
    get isReady() {
      return client.isReady;
    },
    send: (command) => client.sendCommand([...command]),
    async transaction(commands) {
      const transaction = client.multi();
      for (const command of commands) transaction.addCommand([...command]);
      const answers = await transaction.exec();
      if (!Array.isArray(answers)) throw new Error("the transaction was called off");
      return answers as unknown[];
    },
    async open() {
      if (client.isReady) return;
      if (client.isOpen) await eventOf(client, "ready");
      else await client.connect();
    },
    listen: ({ lost, ready, failed }) =>
      listening(client, { reconnecting: lost, end: lost, ready, error: failed }),
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}
