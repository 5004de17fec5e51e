import { contractCase, type ContractCase } from "./contract-case.js";
import type { ContractSettings, StoreUnderTest } from "./store-under-test.js";

/** Makes a store; the suite starts it. */
export type Make = (settings: ContractSettings) => Promise<StoreUnderTest>;

/** A store, started, with a clock that stands still until it is moved, and what makes another one beside it. */
export interface Started {
  readonly under: StoreUnderTest;
  readonly store: StoreUnderTest["store"];
  readonly time: { ms: number };
  readonly another: () => Promise<StoreUnderTest>;
  /** Closes the first store before its time. */
  readonly close: () => Promise<void>;
}

/** A case that begins with a store of its own. */
export function startedCase(
  make: Make,
  name: string,
  test: (started: Started) => Promise<void>,
  settings: Omit<ContractSettings, "clock"> = {},
): ContractCase {
  return contractCase(name, async (open) => {
    const time = { ms: Date.now() };
    const clock = { nowMs: () => time.ms };
    const another = async (): Promise<StoreUnderTest> => {
      const one = await make({ ...settings, clock });
      open.add(one);
      await one.store.start?.();
      return one;
    };
    const under = await another();
    const close = async (): Promise<void> => {
      open.delete(under);
      await under.close();
    };
    await test({ under, store: under.store, time, another, close });
  });
}
