export type { ContractCase } from "./contract/contract-case.js";
export { nonceStoreCases, type ContractOptions } from "./contract/nonce-store-cases.js";
export { sharedMemoryCases } from "./contract/shared-memory-cases.js";
export type { ContractSettings, StoreUnderTest } from "./contract/store-under-test.js";
