import { MemoryNonceStore, NonceStoreStartingError, type NonceStore } from "@lacre/core";
import { CacheNonceStore, nonceKeyv } from "@lacre/stores/cache";
import type { ContractSettings, StoreUnderTest } from "@lacre/stores/contract";
import { nonceStoreContract } from "./nonce-store.contract.js";

/** A store in memory is asked for its key, a millisecond later each time, until it no longer knows it. */
function underTest(
  make: (settings: ContractSettings) => NonceStore,
): (settings: ContractSettings) => Promise<StoreUnderTest> {
  return async (settings) => {
    const ahead = { ms: 0 };
    const store = make({ ...settings, clock: { nowMs: () => settings.clock.nowMs() + ahead.ms } });
    const isSeen = (key: string): boolean => {
      try {
        return store.claim(key, settings.clock.nowMs()) === "seen";
      } catch (error) {
        if (error instanceof NonceStoreStartingError) return false; // forgotten, and it knows
        throw error;
      }
    };
    return {
      store,
      async remainingMs(key) {
        while (isSeen(key)) ahead.ms += 1;
        return ahead.ms;
      },
      close: async () => store.stop?.(),
    };
  };
}

nonceStoreContract(
  "MemoryNonceStore",
  underTest((settings) => new MemoryNonceStore(settings)),
  { bounded: true, holds: true },
);

nonceStoreContract(
  "CacheNonceStore on nonceKeyv()",
  underTest((settings) => new CacheNonceStore(nonceKeyv(settings))),
  { bounded: true, holds: true },
);
