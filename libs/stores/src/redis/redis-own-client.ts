import type { RedisOptions as IoredisOptions } from "ioredis";
import type { RedisClientOptions as NodeRedisOptions } from "redis";
import { ConfigurationError } from "@lacre/core";
import { linkOf } from "./redis-client.js";
import type { RedisLink } from "./redis-link.js";

/** Where a server is, read from its URL. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: boolean;
}

/**
 * Reads `redis://user:password@host:6379/0`, or `rediss://` for TLS. What it throws holds nothing of the URL.
 * @throws ConfigurationError
 */
export function readRedisUrl(url: unknown, option: string): RedisAddress {
  const cure = 'Write "redis://user:password@host:6379/0" or "rediss://…", or give a client.';
  if (typeof url !== "string" || !URL.canParse(url))
    throw new ConfigurationError(option, "is no URL.", cure);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  const [, database = ""] = /^\/?(\d*)$/.exec(pathname) ?? [];
  if (!["redis:", "rediss:"].includes(protocol) || hostname === "")
    throw new ConfigurationError(option, "is no redis:// or rediss:// URL.", cure);
  if (search !== "" || hash !== "" || !/^\/?\d*$/.test(pathname))
    throw new ConfigurationError(option, "has more than a database number at its end.", cure);
  try {
    return {
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? 6379 : Number(port),
      username: username === "" ? undefined : decodeURIComponent(username),
      password: password === "" ? undefined : decodeURIComponent(password),
      database: Number(database),
      tls: protocol === "rediss:",
    };
  } catch {
    throw new ConfigurationError(option, "has a % that escapes nothing.", cure);
  }
}

/** Where the libraries come from; nothing where one is not installed. */
export interface RedisLibraries {
  ioredis(): Promise<{ readonly Redis: new (options: object) => object } | undefined>;
  redis(): Promise<{ readonly createClient: (options: object) => object } | undefined>;
}

// Each import stands in a try of its own: bundlers take in what is installed, and let what is not be missing.
const INSTALLED: RedisLibraries = {
  async ioredis() {
    try {
      return await import("ioredis");
    } catch (error) {
      return nothingIfAbsent(error);
    }
  },
  async redis() {
    try {
      return await import("redis");
    } catch (error) {
      return nothingIfAbsent(error);
    }
  },
};

/**
 * A client of the store's own, not yet connected, that fails fast: nothing is queued while the server is away, and a
 * connection on which nothing comes back for `silenceMs` is replaced. With ioredis if installed, else node-redis.
 * @throws ConfigurationError when neither is installed
 */
export async function ownLink(
  address: RedisAddress,
  silenceMs: number,
  libraries: RedisLibraries = INSTALLED,
): Promise<RedisLink> {
  const ioredis = await libraries.ioredis();
  if (ioredis !== undefined)
    return linkOf(new ioredis.Redis(ioredisOptions(address, silenceMs)), "url");
  const redis = await libraries.redis();
  if (redis !== undefined)
    return linkOf(redis.createClient(nodeRedisOptions(address, silenceMs)), "url");
  throw new ConfigurationError(
    "url",
    "needs a Redis client, and neither ioredis nor redis is installed.",
    "Run npm install ioredis.",
  );
}

function ioredisOptions(address: RedisAddress, silenceMs: number): IoredisOptions {
  const { database, tls, ...rest } = address;
  return {
    ...rest,
    db: database,
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1000),
  };
}

function nodeRedisOptions(address: RedisAddress, silenceMs: number): NodeRedisOptions {
  const { host, port, tls, ...rest } = address;
  return {
    ...rest,
    disableOfflineQueue: true,
    commandOptions: { timeout: silenceMs },
    // A socket that rests is taken for a dead one, so it must not rest.
    pingInterval: Math.ceil(silenceMs / 4),
    socket: {
      host,
      port,
      ...(tls ? { tls: true as const } : {}),
      connectTimeout: silenceMs,
      socketTimeout: silenceMs,
      reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1000),
    },
  };
}

/** @throws the error, where it is another than that a library is not there */
function nothingIfAbsent(error: unknown): undefined {
  const { code } = error as { code?: unknown };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
}
