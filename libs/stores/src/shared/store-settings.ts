import {
  checkFlagOption,
  checkWholeOption,
  systemClock,
  type Clock,
  type LogSink,
} from "@lacre/core";
import { StoreLog } from "./store-log.js";

/** Settings that every store of this package has. */
export interface StoreSettings {
  /**
   * How long a claim waits, for its turn and for its answer together, in milliseconds; 250 unless said otherwise. Then
   * the request is refused with 503.
   */
  readonly claimTimeoutMs?: number;
  /**
   * Says that no request was ever accepted before, so that a store without memory of any is complete, and the first
   * seconds need no fence. Only for the first start ever: take it out afterwards. With it, a memory that was lost
   * while no server ran is taken for a first one.
   */
  readonly firstStart?: boolean;
  readonly clock?: Clock;
  /** Told what an operator must know; what `start` brings unless given, or else the console. */
  readonly logger?: LogSink;
}

/** The same, checked, with what they are unless said otherwise. */
export interface CheckedSettings {
  readonly claimTimeoutMs: number;
  readonly firstStart: boolean;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** @throws ConfigurationError */
export function readStoreSettings(settings: StoreSettings): CheckedSettings {
  const { claimTimeoutMs = 250, firstStart = false, clock = systemClock, logger } = settings;
  checkWholeOption("claimTimeoutMs", claimTimeoutMs, 60_000, "milliseconds");
  checkFlagOption("firstStart", firstStart);
  return { claimTimeoutMs, firstStart, clock, log: new StoreLog(logger) };
}
