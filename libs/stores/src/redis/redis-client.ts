import { ConfigurationError } from "@lacre/core";
import { ioredisLink, isIoredis, type IoredisClient } from "./ioredis-link.js";
import { isNodeRedis, nodeRedisLink, type NodeRedisClient } from "./node-redis-link.js";
import type { RedisLink } from "./redis-link.js";

/*
 * ioredis and node-redis behind one face. Told apart by their shape, and described here rather than imported, since
 * either may be missing.
 */

/** A client of either library, with one connection to one server. */
export type RedisClient = IoredisClient | NodeRedisClient;

/**
 * Whether a client notices by itself that nothing comes back on its connection. Others wait until the operating system
 * gives the connection up, which takes a quarter of an hour.
 */
export function noticesSilence(client: RedisClient): boolean {
  const options = (client as { options?: unknown }).options as
    | { socketTimeout?: unknown; socket?: { socketTimeout?: unknown } }
    | undefined;
  return Boolean(options?.socketTimeout ?? options?.socket?.socketTimeout);
}

const KINDS = "an ioredis or node-redis client with one connection";

/**
 * The link over a client.
 * @throws ConfigurationError for a cluster, a sentinel, a pool, and what is no client
 */
export function linkOf(client: unknown, option: string): RedisLink {
  if (typeof client !== "object" || client === null)
    throw new ConfigurationError(option, "is no Redis client.", `Give ${KINDS}.`);
  const several = severalOf(client);
  if (several !== undefined)
    throw new ConfigurationError(
      option,
      `is a ${several}, and nonces need one primary.`,
      `Give ${KINDS}, to a server of its own.`,
    );
  if (isIoredis(client)) return ioredisLink(client);
  if (isNodeRedis(client)) return nodeRedisLink(client, option);
  throw new ConfigurationError(
    option,
    `(${client.constructor?.name ?? "an object"}) is no client that is known.`,
    `Give ${KINDS}: of ioredis 5 or 6, or of redis 5 or 6.`,
  );
}

function severalOf(client: object): string | undefined {
  if ((client as { isCluster?: unknown }).isCluster === true || "nodeClient" in client)
    return "client of a cluster";
  if ("getSentinelNode" in client) return "sentinel client";
  return "tasksQueueLength" in client ? "pool of clients" : undefined;
}
