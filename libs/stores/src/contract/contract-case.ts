import type { StoreUnderTest } from "./store-under-test.js";

/** One thing that a store must do. */
export interface ContractCase {
  readonly name: string;
  /** Makes its own stores, and closes them. Rejects where the store does something else. */
  readonly run: () => Promise<void>;
}

/** A case; whatever comes of it, the stores that are in `open` then are closed. */
export function contractCase(
  name: string,
  test: (open: Set<StoreUnderTest>) => Promise<void>,
): ContractCase {
  return {
    name,
    run: async () => {
      const open = new Set<StoreUnderTest>();
      try {
        await test(open);
      } finally {
        for (const under of open) await under.close();
      }
    },
  };
}
