import type { NonceStore } from "@lacre/core";

/** A store as the contract suite handles it: made, but not started; the suite calls `start` once. */
export interface StoreUnderTest {
  readonly store: NonceStore;
  /**
   * Milliseconds for which the store will still remember a claimed key, by the clock that it was given. May use the
   * key up: the suite asks once, as the last thing that it does with a key.
   */
  readonly remainingMs: (key: string) => Promise<number>;
  /** Makes the server forget everything that lies in it; wanted by `sharedMemoryCases` alone. */
  readonly loseMemory?: () => Promise<void>;
  /** Makes the store unreachable; undefined for one that cannot be: no other process shares it. */
  readonly breakDown?: () => Promise<void>;
  /** Stops the store, also a broken one, and closes what was opened for the test. */
  close(): Promise<void>;
}

/** What a store is made with. */
export interface ContractSettings {
  /** The clock that the store is to use. */
  readonly clock: { nowMs(): number };
  /** For stores with a bound. */
  readonly capacity?: number;
}
