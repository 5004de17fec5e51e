import { describe, it } from "@jest/globals";
import {
  nonceStoreCases,
  sharedMemoryCases,
  type ContractCase,
  type ContractOptions,
  type ContractSettings,
  type StoreUnderTest,
} from "@lacre/stores/contract";

/** The published contract of nonce stores, for jest. What several share must keep horizons and clocks here. */
export function nonceStoreContract(
  name: string,
  make: (settings: ContractSettings) => Promise<StoreUnderTest>,
  options: ContractOptions = {},
): void {
  const drive = (cases: readonly ContractCase[]) => {
    for (const { name: what, run } of cases) it(what, run);
  };
  describe(`${name}, a nonce store`, () => {
    drive(nonceStoreCases(make, options));
  });
  if (options.isShared === true)
    describe(`${name}, a memory that several share`, () => {
      drive(sharedMemoryCases(make));
    });
}
