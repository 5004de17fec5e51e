import {
  ConfigurationError,
  custom,
  readOptions,
  reasonOf,
  text,
  type OptionsOf,
} from "@lacre/core";
import {
  STORE_OPTIONS,
  withLog,
  type CheckedSettings,
  type StoreSettings,
} from "../server/store-settings.js";
import { linkOf, noticesSilence, type RedisClient } from "./redis-client.js";
import type { RedisLink } from "./redis-link.js";
import { ownLink, readRedisUrl, type RedisAddress } from "./redis-own-client.js";

/** Apart from those of every store: a spread would lose their JSDoc in declarations. */
const OWN = {
  /** In front of every key; `lacre:nonce:` unless said otherwise. Servers share nonces that share it. */
  prefix: text({ default: "lacre:nonce:", example: "lacre:nonce:" }),
};

const OPTIONS = {
  ...STORE_OPTIONS,
  ...OWN,
  client: custom((client: RedisClient) => client, { example: "client.duplicate()" }),
  url: custom((url: string, at) => readRedisUrl(url, at), { example: '"redis://host:6379"' }),
};

/** Settings of a Redis store. */
export interface RedisNonceStoreSettings extends StoreSettings, OptionsOf<typeof OWN> {}

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

/** @throws ConfigurationError */
export function readRedisOptions(options: RedisNonceStoreOptions): RedisSettings {
  const { client, url, ...values } = readOptions(OPTIONS, options, "RedisNonceStore", "");
  if ((client === undefined) === (url === undefined))
    throw new ConfigurationError(
      "RedisNonceStore",
      "needs a client or a url, and not both.",
      'Write new RedisNonceStore({ url: "redis://host:6379" }) or new RedisNonceStore({ client }).',
    );
  const patienceMs = values.claimTimeoutMs * PATIENCE;
  return {
    ...withLog(values),
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

function urlDoor(address: RedisAddress, patienceMs: number): Door {
  const { password = "" } = address;
  const secrets = password === "" ? [] : [password, encodeURIComponent(password)];
  return {
    door: "url",
    linkUp: () => ownLink(address, patienceMs),
    hide: (text) =>
      reasonOf(secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text)),
  };
}
