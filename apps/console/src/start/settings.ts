import { hkdfSync } from "node:crypto";
import type { KeyWrapper } from "@lacre/stores/console";

/** The `ConsoleSettings`. */
export const SETTINGS = Symbol("console:settings");

/** What the console is started with, once read. */
export interface ConsoleSettings {
  /** The origin that people and services call it by, such as `https://console.example.com`. */
  readonly origin: string;
  /** Signs access tokens. 32 bytes. */
  readonly tokenKey: Uint8Array;
  /** Wraps the data keys of all that is sealed. */
  readonly wrapper: KeyWrapper;
}

/** A key for one purpose, made of the master key. RFC 5869 */
export const derivedKey = (masterKey: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(0), `lacre console: ${purpose}`, 32));
