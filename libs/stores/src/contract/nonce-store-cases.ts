import { strict as assert } from "node:assert";
import { claimingCases, severalStoresCases } from "./claiming-cases.js";
import type { ContractCase } from "./contract-case.js";
import { fullnessCases, outageCases } from "./doubt-cases.js";
import { holdingCases, severalHoldersCases } from "./holding-cases.js";
import { keyCases } from "./key-cases.js";
import { lifetimeCases } from "./lifetime-cases.js";
import { startedCase, type Make } from "./started-case.js";

/** What the store is like. */
export interface ContractOptions {
  /** Whether the store has a capacity. */
  readonly bounded?: boolean;
  /** Whether two stores made one after the other, while the first is open, claim from one memory. */
  readonly isShared?: boolean;
  /** Whether its claims can be given back: it has `hold`. */
  readonly holds?: boolean;
}

/**
 * What every nonce store must do, whatever it is made of: cases for any test framework.
 * `for (const { name, run } of nonceStoreCases(make)) test(name, run);`
 */
export function nonceStoreCases(make: Make, options: ContractOptions = {}): ContractCase[] {
  const { bounded = false, isShared = false, holds = false } = options;
  return [
    ...claimingCases(make, isShared),
    ...(isShared ? severalStoresCases(make) : []),
    ...keyCases(make),
    ...lifetimeCases(make),
    ...(bounded ? fullnessCases(make) : []),
    ...outageCases(make, isShared),
    startedCase(make, "says whether its claims can be given back", async ({ store }) => {
      assert.equal(store.hold !== undefined, holds);
    }),
    ...(holds ? holdingCases(make) : []),
    ...(holds && isShared ? severalHoldersCases(make) : []),
  ];
}
