import type { RedisOptions as IoredisOptions } from "ioredis";
import type { RedisClientOptions as NodeRedisOptions } from "redis";
import { ConfigurationError } from "@lacre/core";

/*
 * ioredis and node-redis behind one face. Told apart by their shape, and described here rather than imported, since
 * either may be missing.
 */

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

/** A client of either library, with one connection to one server. */
export type RedisClient = IoredisClient | NodeRedisClient;

export type Command = readonly [name: string, ...args: string[]];

/** What a connection tells. */
export interface LinkEvents {
  /** The connection is gone. */
  readonly lost: () => void;
  /** A connection stands; not necessarily to the server that the last one went to. */
  readonly ready: () => void;
  readonly failed: (error: unknown) => void;
}

/** A Redis connection that opens again by itself. */
export interface RedisLink {
  /** Whether somebody has opened it, be it that no connection stands now. */
  readonly isOpen: boolean;
  /** Whether a command would go out now. */
  readonly isReady: boolean;
  /** Put in front of every key that this link sends. */
  readonly keyPrefix: string;
  send(command: Command): Promise<unknown>;
  /** MULTI, the commands and EXEC, in one write; what EXEC answers, and a rejection if any command failed. */
  transaction(commands: readonly Command[]): Promise<readonly unknown[]>;
  /** Resolves when the connection stands; opens it if nobody has. */
  open(): Promise<void>;
  /** The returned function ends it. */
  listen(events: LinkEvents): () => void;
  /** Closes the connection at once. */
  close(): void;
}

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
    `Give ${KINDS}.`,
  );
}

function severalOf(client: object): string | undefined {
  if ((client as { isCluster?: unknown }).isCluster === true || "nodeClient" in client)
    return "client of a cluster";
  if ("getSentinelNode" in client) return "sentinel client";
  return "tasksQueueLength" in client ? "pool of clients" : undefined;
}

const has = (client: object, ...methods: string[]): boolean =>
  methods.every((name) => typeof (client as Record<string, unknown>)[name] === "function");

function isIoredis(client: object): client is IoredisClient {
  return (
    typeof (client as IoredisClient).status === "string" &&
    has(client, "call", "multi", "connect", "disconnect", "on", "off")
  );
}

function isNodeRedis(client: object): client is NodeRedisClient {
  return (
    typeof (client as NodeRedisClient).isReady === "boolean" &&
    has(client, "sendCommand", "multi", "connect", "destroy", "on", "off")
  );
}

function ioredisLink(client: IoredisClient): RedisLink {
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

function nodeRedisLink(client: NodeRedisClient, option: string): RedisLink {
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

type Emitter = Pick<IoredisClient, "on" | "off">;

function listening(
  emitter: Emitter,
  listeners: Record<string, (...args: unknown[]) => void>,
): () => void {
  for (const [event, listener] of Object.entries(listeners)) emitter.on(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) emitter.off(event, listener);
  };
}

function eventOf(emitter: Emitter, event: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = listening(emitter, {
      [event]: () => {
        stop();
        resolve();
      },
    });
  });
}

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

/** Where the libraries come from. */
export interface RedisLibraries {
  readonly ioredis: () => Promise<{ readonly Redis: new (options: object) => object }>;
  readonly redis: () => Promise<{ readonly createClient: (options: object) => object }>;
}

const INSTALLED: RedisLibraries = {
  ioredis: () => import("ioredis"),
  redis: () => import("redis"),
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
  const ioredis = await ifInstalled(libraries.ioredis);
  if (ioredis !== undefined)
    return linkOf(new ioredis.Redis(ioredisOptions(address, silenceMs)), "url");
  const redis = await ifInstalled(libraries.redis);
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

async function ifInstalled<Library>(load: () => Promise<Library>): Promise<Library | undefined> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What went wrong, in words; an error of Node's or a client's may have none of its own. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = partsOf(error).map((part) => messageOf(part) || (part as { code?: string }).code);
  const said = [...new Set(parts.filter((text) => text !== undefined && text !== ""))];
  return said.length === 0 ? error.name : said.join("; ");
}

/** ioredis speaks of an option when a connection breaks under a command. */
const messageOf = ({ message }: Error): string =>
  message.startsWith("Reached the max retries per request limit")
    ? "the connection broke"
    : message;

/** An error and those within it: of each command of a transaction, of each address of a host. */
function partsOf(error: Error): Error[] {
  const { previousErrors, errors, replies } = error as {
    previousErrors?: unknown;
    errors?: unknown;
    replies?: unknown;
  };
  const within = [previousErrors, replies, errors]
    .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
    .filter((part): part is Error => part instanceof Error);
  return [error, ...within];
}

/** The codes of a server's error, such as OOM or READONLY: of a transaction, those of its commands too. */
export function hasServerCode(error: unknown, code: string): boolean {
  return (
    error instanceof Error && partsOf(error).some((part) => part.message.startsWith(`${code} `))
  );
}

/** What a server answers as text, or null. */
export function textOf(answer: unknown): string | null {
  if (answer === null) return null;
  if (typeof answer === "string") return answer;
  if (Buffer.isBuffer(answer)) return answer.toString();
  throw new Error("Redis answered with something else than text");
}
