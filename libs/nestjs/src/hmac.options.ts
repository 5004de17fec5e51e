import { BlockList, isIP } from "node:net";
import type { Cache } from "cache-manager";
import type { Keyv } from "keyv";
import {
  type AppsDefinition,
  type Clock,
  ConfigurationError,
  type Front,
  type KeyStore,
  meteredNonceStore,
  type NonceStore,
  type Observer,
  Origins,
  readPathPrefix,
  readSchemes,
  refuseUnknownOption,
  type Scheme,
  type SchemeOption,
  systemClock,
  type Window,
} from "@lacre/core";
import { readKeys, type AppSource, type KeyCacheOptions } from "./app-source.js";
import { createNonceCache } from "@lacre/stores/cache";
import { nonceStoreFrom } from "@lacre/stores/cache";

/** Options of `HmacModule.forRoot`. Times are in seconds unless their name says otherwise. */
export interface HmacModuleOptions {
  /** `{ orders: "lk1_…" }`, a list of `{ appId, apiKey }` or of full records, or a source that is asked. */
  readonly apps: AppsDefinition | AppSource;
  /** The public origins of this server, such as `["https://api.example.com"]`; `"*"` takes any host. */
  readonly origins: readonly string[] | "*";
  /** The enabled schemes; `["lacre1"]` unless said otherwise. A route takes the first unless it says otherwise. */
  readonly schemes?: readonly SchemeOption[];
  /** What a proxy strips from the path: `"/api"`. */
  readonly pathPrefix?: string;
  /** Addresses or networks of proxies that may name the host in `X-Forwarded-Host`: `["10.0.0.0/8"]`. */
  readonly trustedProxies?: readonly string[];
  /** How old a request may be; 300 unless said otherwise. */
  readonly maxAge?: number;
  /** How far ahead of this server's clock a request may be; 5 unless said otherwise. */
  readonly futureSkew?: number;
  /** The largest difference between the clocks of servers and store, and step of one; 25 unless said otherwise. */
  readonly clockSpread?: number;
  /** How much content a protected route takes, streamed routes excepted; 1,048,576 unless said otherwise. */
  readonly maxBodyBytes?: number;
  /** Where seen nonces are kept: a nonce store, or a cache or Keyv that can claim atomically. Memory otherwise. */
  readonly nonces?: NonceStore | Cache | Keyv;
  /** How many live nonces the memory store holds; 1,000,000 unless said otherwise. */
  readonly nonceCapacity?: number;
  /**
   * Whether a memory store refuses requests from before its start with 503; true unless said otherwise. Without it,
   * requests that were accepted in the last seconds before a restart can be replayed after it.
   */
  readonly bootFence?: boolean;
  /** How long answers of an app source are kept, and how many look-ups it is asked at once. */
  readonly keyCache?: KeyCacheOptions;
  /** Protects every route but those marked `@HmacPublic()`. */
  readonly globalGuard?: boolean;
  /** Signs the answers to all authentic requests, presigned URLs excepted; false unless said otherwise. */
  readonly signResponses?: boolean;
  /** How long an answer may be that is signed, since it is kept until its end; 1,048,576 unless said otherwise. */
  readonly maxAnswerBytes?: number;
  /** Told of every verdict. */
  readonly observer?: Observer;
  /** `"respond"` tells callers why they were refused, canonical request included. Refused in production. */
  readonly diagnostics?: "log" | "respond";
  readonly clock?: Clock;
}

/** The factory that `forRootAsync({ useClass })` wants. */
export interface HmacOptionsFactory {
  createHmacOptions(): HmacModuleOptions | Promise<HmacModuleOptions>;
}

/** Options once read: nothing left to check. */
export interface HmacSettings {
  readonly schemes: readonly Scheme[];
  readonly keys: KeyStore;
  readonly nonces: NonceStore;
  readonly front: Front;
  readonly window: Window;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
  readonly globalGuard: boolean;
  readonly signResponses: boolean;
  readonly maxAnswerBytes: number;
  readonly observer: Observer | undefined;
  readonly respondDiagnostics: boolean;
  readonly isTrustedProxy: (address: string | undefined) => boolean;
}

const KNOWN = [
  "apps",
  "origins",
  "schemes",
  "pathPrefix",
  "trustedProxies",
  "maxAge",
  "futureSkew",
  "clockSpread",
  "maxBodyBytes",
  "nonces",
  "nonceCapacity",
  "bootFence",
  "keyCache",
  "globalGuard",
  "signResponses",
  "maxAnswerBytes",
  "observer",
  "diagnostics",
  "clock",
] as const satisfies readonly (keyof HmacModuleOptions)[];

/**
 * Reads the module's options.
 * @throws ConfigurationError: what is wrong, where, and how to mend it
 */
export function readOptions(options: HmacModuleOptions): HmacSettings {
  if (typeof options !== "object" || options === null)
    throw new ConfigurationError(
      "HmacModule",
      "has no options.",
      "Give at least apps and origins.",
    );
  refuseUnknownOption(options, KNOWN, "HmacModule");

  const { clock = systemClock } = options;
  const schemes = readSchemes(options.schemes);
  const origins = Origins.of(options.origins);
  return {
    schemes,
    keys: readKeys(options, schemes, clock),
    nonces: meteredNonceStore(
      options.nonces === undefined
        ? nonceStoreFrom(
            createNonceCache({
              capacity: count(options, "nonceCapacity", 1_000_000, 1),
              clock,
              fence: readFlag(options, "bootFence", true),
            }),
          )
        : nonceStoreFrom(options.nonces, { clock }),
      options.observer,
    ),
    front: { origins, pathPrefix: readPathPrefix(options.pathPrefix) },
    window: {
      maxAgeSeconds: count(options, "maxAge", 300, 1, DAY_SECONDS),
      futureSkewSeconds: count(options, "futureSkew", 5, 0),
      clockSpreadSeconds: count(options, "clockSpread", 25, 0),
    },
    clock,
    maxBodyBytes: count(options, "maxBodyBytes", 1_048_576, 0),
    globalGuard: readFlag(options, "globalGuard", false),
    signResponses: readFlag(options, "signResponses", false),
    maxAnswerBytes: count(options, "maxAnswerBytes", 1_048_576, 1),
    observer: readObserver(options.observer),
    respondDiagnostics: readDiagnostics(options.diagnostics),
    isTrustedProxy: readTrustedProxies(options.trustedProxies ?? [], origins),
  };
}

const DAY_SECONDS = 86_400; // what is older is refused in any case

type CountOption =
  | "maxAge"
  | "futureSkew"
  | "clockSpread"
  | "maxBodyBytes"
  | "maxAnswerBytes"
  | "nonceCapacity";

function count(
  options: HmacModuleOptions,
  name: CountOption,
  otherwise: number,
  least: number,
  most = Infinity,
): number {
  const value = options[name] ?? otherwise;
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new ConfigurationError(
      name,
      `is ${JSON.stringify(value)}.`,
      `Give a whole number, ${least} ${most === Infinity ? "or more" : `to ${most}`}.`,
    );
  return value;
}

function readFlag(
  options: HmacModuleOptions,
  name: "globalGuard" | "bootFence" | "signResponses",
  otherwise: boolean,
): boolean {
  const value: unknown = options[name] ?? otherwise;
  if (typeof value === "boolean") return value;
  // "false" from an environment would be true, and "true" would not be.
  throw new ConfigurationError(name, `${JSON.stringify(value)} is not true or false.`, "Give one.");
}

function readObserver(observer: Observer | undefined): Observer | undefined {
  if (observer === undefined || typeof observer?.observe === "function") return observer;
  throw new ConfigurationError(
    "observer",
    "has no observe().",
    "Write { observe(verdict) { … } }.",
  );
}

function readDiagnostics(diagnostics: unknown): boolean {
  if (diagnostics === undefined || diagnostics === "log") return false;
  if (diagnostics !== "respond")
    throw new ConfigurationError("diagnostics", "is not known.", 'Use "log" or "respond".');
  if (process.env.NODE_ENV === "production")
    throw new ConfigurationError(
      "diagnostics",
      '"respond" tells strangers why they are refused.',
      "Leave it out in production: the log and the observer have the same facts.",
    );
  return true;
}

function readTrustedProxies(
  proxies: readonly string[],
  origins: Origins,
): (address?: string) => boolean {
  if (proxies.length === 0) return () => false;
  if (origins.any)
    throw new ConfigurationError(
      "trustedProxies",
      'may choose among configured origins only, and origins is "*".',
      "List the origins.",
    );
  const list = new BlockList();
  for (const [i, proxy] of proxies.entries()) {
    const [address = "", bits] = String(proxy).split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    try {
      if (bits === undefined) list.addAddress(address, family);
      else list.addSubnet(address, Number(bits), family);
    } catch {
      throw new ConfigurationError(
        `trustedProxies[${i}]`,
        `${JSON.stringify(proxy)} is no address and no network.`,
        'Write "10.1.2.3" or "10.0.0.0/8".',
      );
    }
  }
  return (address = "") => {
    const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
  };
}
