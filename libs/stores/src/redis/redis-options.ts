import { ConfigurationError, reasonOf, refuseUnknownOption } from "@lacre/core";
import {
  readStoreSettings,
  type CheckedSettings,
  type StoreSettings,
} from "../shared/store-settings.js";
import { linkOf, noticesSilence, type RedisClient } from "./redis-client.js";
import type { RedisLink } from "./redis-link.js";
import { ownLink, readRedisUrl } from "./redis-own-client.js";

/** Settings of a Redis store. */
export interface RedisNonceStoreSettings extends StoreSettings {
  /** In front of every key; `lacre:nonce:` unless said otherwise. Servers share nonces that share it. */
  readonly prefix?: string;
}

/** Settings of a Redis store: a client, or the URL for one of its own. */
export type RedisNonceStoreOptions = RedisNonceStoreSettings &
  (
    | {
        /**
         * Your ioredis or node-redis client, best one that nothing else uses: `client.duplicate()`. You close it; one
         * that is not open at the start is opened, and closed in the end.
         */
        readonly client: RedisClient;
        readonly url?: undefined;
      }
    | {
        /** `redis://user:password@host:6379/0`, or `rediss://`. The store opens a client of its own, and closes it. */
        readonly url: string;
        readonly client?: undefined;
      }
  );

/** A claim waits for its answer; whatever else is asked may take this much longer. */
const PATIENCE = 4;

/** The options, checked, with what they are unless said otherwise. */
export interface RedisSettings extends CheckedSettings {
  readonly prefix: string;
  /** The option that leads to Redis. */
  readonly door: "client" | "url";
  /** How long whatever is no claim may take, in milliseconds. */
  readonly patienceMs: number;
  readonly linkUp: () => Promise<RedisLink>;
  /** What is to be said at the start of the client that was given. */
  readonly warning?: string;
  /** A text as a part of one line of the log, without credentials. */
  readonly hide: (text: string) => string;
}

const OPTIONS = [
  "client",
  "url",
  "prefix",
  "claimTimeoutMs",
  "firstStart",
  "clock",
  "logger",
] as const satisfies readonly (keyof RedisNonceStoreOptions)[];

/** @throws ConfigurationError */
export function readRedisOptions(options: RedisNonceStoreOptions): RedisSettings {
  if (typeof options !== "object" || options === null)
    throw badOption("RedisNonceStore", "has no options.");
  refuseUnknownOption(options, OPTIONS, "RedisNonceStore");
  const { client, url } = options;
  const { prefix = "lacre:nonce:" } = options;
  if ((client === undefined) === (url === undefined))
    throw badOption("RedisNonceStore", "needs a client or a url, and not both.");
  if (typeof prefix !== "string" || prefix === "") throw badOption("prefix", "is no text.");
  const settings = readStoreSettings(options);
  const patienceMs = settings.claimTimeoutMs * PATIENCE;
  return {
    ...settings,
    prefix,
    patienceMs,
    ...(url === undefined ? clientDoor(client) : urlDoor(url, patienceMs)),
  };
}

type Door = Pick<RedisSettings, "door" | "linkUp" | "hide" | "warning">;

function clientDoor(client: unknown): Door {
  const link = linkOf(client, "client");
  return {
    door: "client",
    linkUp: async () => link,
    hide: reasonOf,
    ...(!noticesSilence(client as RedisClient) && { warning: SILENCE }),
  };
}

const SILENCE =
  "the client has no socketTimeout: should its connection go silent, claims are refused until the operating system gives it up, which takes minutes. Set it (ioredis: socketTimeout; node-redis: socket.socketTimeout with a shorter pingInterval), or give a url.";

function urlDoor(url: string, patienceMs: number): Door {
  const address = readRedisUrl(url, "url");
  const { password = "" } = address;
  const secrets = password === "" ? [] : [password, encodeURIComponent(password)];
  return {
    door: "url",
    linkUp: () => ownLink(address, patienceMs),
    hide: (text) =>
      reasonOf(secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text)),
  };
}

function badOption(option: string, problem: string): ConfigurationError {
  return new ConfigurationError(
    option,
    problem,
    'Write new RedisNonceStore({ url: "redis://host:6379" }) or new RedisNonceStore({ client }).',
  );
}
