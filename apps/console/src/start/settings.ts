import { hkdfSync } from "node:crypto";
import type { Clock } from "@lacre/core";
import type { KeyWrapper } from "@lacre/stores/console";

/** The `ConsoleSettings`. */
export const SETTINGS = Symbol("console:settings");
/** The `Clock`. */
export const CLOCK = Symbol("console:clock");

/** What the console is started with, once read. */
export interface ConsoleSettings {
  /** The origin that people and services call it by, such as `https://console.example.com`. */
  readonly origin: string;
  /** Signs access tokens. 32 bytes. */
  readonly tokenKey: Uint8Array;
  /** Wraps the data keys of all that is sealed. */
  readonly wrapper: KeyWrapper;
  /** Addresses and networks that may say in X-Forwarded-For who called them. None: nobody may. */
  readonly trustedProxies?: readonly string[];
  /** How many requests an address may send in a minute. `DEFAULT_ADDRESS_LIMITS` unless said otherwise. */
  readonly addressLimits?: AddressLimits;
  /** Whether `/metrics` answers programs of this machine, unsigned. */
  readonly localMetrics?: boolean;
  /** Whether webhooks may go to private addresses, and without TLS. */
  readonly privateWebhooks?: boolean;
  /**
   * Tell whether two secrets are the same without keeping them: of the master key that counts now, then of those before
   * it. 32 bytes each.
   */
  readonly markKeys: readonly Uint8Array[];
  /** The system's, where there is none. */
  readonly clock?: Clock;
  /** Where the link of a first start is written, for its owner alone. */
  readonly firstLinkFile?: string | undefined;
  /** Shows that link where there is no such file. On stdout, where there is none of either. */
  readonly showLink?: (text: string) => void;
  /** What explains requests in a thread; what was built unless given. For tests alone. */
  readonly explainProgram?: URL;
  /** What hashing a password costs, for tests alone: no environment variable sets it. */
  readonly passwordCost?: PasswordCost;
}

/** Of argon2id. */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly passes: number;
}

export interface AddressLimits {
  readonly perMinute: number;
  /** On the routes by which people sign in. The renewal of a session is none. */
  readonly signInPerMinute: number;
}

/**
 * For an office of 200 behind one address: a page that is left open asks six times a minute, and one that somebody works
 * with 30 times; a sign-in is two requests at most, so that all are in within four minutes. Guesses are bounded
 * elsewhere, by network and by person.
 */
export const DEFAULT_ADDRESS_LIMITS: AddressLimits = { perMinute: 6_000, signInPerMinute: 120 };

/** A key for one purpose, made of the master key. RFC 5869 */
export const derivedKey = (masterKey: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(0), `lacre console: ${purpose}`, 32));

/** The `markKeys` of master keys. */
export const markKeysOf = (masterKeys: readonly Uint8Array[]): readonly Uint8Array[] =>
  masterKeys.map((masterKey) => derivedKey(masterKey, "marks of secrets"));
