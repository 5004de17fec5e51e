export { ConsoleKeyStore } from "./console/console-key.store.js";
export type { ConsoleKeyStoreOptions } from "./console/key-store-options.js";
export type { ConsoleConnection, ConsolePool } from "./console/database-line.js";
export { ConsoleVerdicts, type ConsoleVerdictsOptions } from "./console/console-verdicts.js";
export type { KeyWrapper } from "./console/key-wrapper.js";
export { MasterKeyWrapper, readMasterKey } from "./console/master-key.js";
export type { RegistryNews } from "./console/registry-line.js";
export {
  RegistryReader,
  type ConsoleQueries,
  type ConsoleQuery,
  type RegistryKind,
} from "./console/registry-reader.js";
export {
  openSecret,
  rewrapSecret,
  sealSecret,
  type SealedSecret,
} from "./console/sealed-secret.js";
