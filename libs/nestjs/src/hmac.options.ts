import { Logger } from "@nestjs/common";
import type { Cache } from "cache-manager";
import type { Keyv } from "keyv";
import {
  custom,
  flag,
  type NonceStore,
  type OptionsOf,
  readOptions as readValues,
} from "@lacre/core";
import { GATE_OPTIONS, gateSettingsOf, type GateOptions, type GateSettings } from "@lacre/node";
import { createNonceCache, nonceStoreFrom } from "@lacre/stores/cache";

/** What Nest adds to the options of a gate. */
const NEST_OPTIONS = {
  /** Where seen nonces are kept: a nonce store, or a cache or Keyv that can claim atomically. Memory otherwise. */
  nonces: custom((nonces: NonceStore | Cache | Keyv) => nonces, {
    says: "memory",
    example: "new RedisNonceStore({ url })",
  }),
  /** Protects every route but those marked `@HmacPublic()`; false unless said otherwise. */
  globalGuard: flag({ default: false }),
};

/** The options of `HmacModule.forRoot`: those of a gate, and what Nest adds. */
export const HMAC_MODULE_OPTIONS = { ...GATE_OPTIONS, ...NEST_OPTIONS };

/** Options of `HmacModule.forRoot`. Times are in seconds unless their name says otherwise. */
export interface HmacModuleOptions
  // Not those of both at once: what is spread has lost its comments in declarations.
  extends Omit<GateOptions, "nonces">, OptionsOf<typeof NEST_OPTIONS> {}

/** The factory that `forRootAsync({ useClass })` wants. */
export interface HmacOptionsFactory {
  createHmacOptions(): HmacModuleOptions | Promise<HmacModuleOptions>;
}

/** Options once read: nothing left to check. */
export interface HmacSettings extends GateSettings {
  readonly globalGuard: boolean;
}

/**
 * Reads the module's options.
 * @throws ConfigurationError: what is wrong, where, and how to mend it
 */
export function readOptions(options: HmacModuleOptions): HmacSettings {
  const values = readValues(HMAC_MODULE_OPTIONS, options, "HmacModule", "");
  const { nonceCapacity: capacity, bootFence: fence, clock, globalGuard } = values;
  const nonces = nonceStoreFrom(values.nonces ?? createNonceCache({ capacity, fence, clock }), {
    clock,
  });
  return { ...gateSettingsOf({ ...values, nonces }, new Logger("HmacModule")), globalGuard };
}
