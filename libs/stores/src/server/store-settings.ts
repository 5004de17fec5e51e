import {
  flag,
  milliseconds,
  port,
  systemClock,
  type Clock,
  type LogSink,
  type OptionsOf,
  type SettingsOf,
} from "@lacre/core";
import { StoreLog } from "./store-log.js";

/** Options that every store of this package has. */
export const STORE_OPTIONS = {
  /**
   * How long a claim waits, for its turn and for its answer together; 250 unless said otherwise. Then the request is
   * refused with 503.
   */
  claimTimeoutMs: milliseconds({ from: 1, to: 60_000, default: 250 }),
  /**
   * Says that no request was ever accepted before, so that a store without memory of any is complete, and the first
   * seconds need no fence. Only for the first start ever: take it out afterwards. With it, a memory that was lost
   * while no server ran is taken for a first one.
   */
  firstStart: flag({ default: false }),
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
  /** Told what an operator must know; what `start` brings unless given, or else the console. */
  logger: port<LogSink>([], { says: "the module's" }),
};

/** Settings that every store of this package has. */
export interface StoreSettings extends OptionsOf<typeof STORE_OPTIONS> {}

/** The same, checked, with what they are unless said otherwise. */
export interface CheckedSettings extends Omit<SettingsOf<typeof STORE_OPTIONS>, "logger"> {
  readonly log: StoreLog;
}

/** The settings of a store, with where its lines go. */
export function withLog<Values extends SettingsOf<typeof STORE_OPTIONS>>({
  logger,
  ...values
}: Values): Omit<Values, "logger"> & Pick<CheckedSettings, "log"> {
  return { ...values, log: new StoreLog(logger) };
}
