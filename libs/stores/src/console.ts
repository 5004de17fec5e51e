export type { KeyWrapper } from "./console/key-wrapper.js";
export { MasterKeyWrapper, readMasterKey } from "./console/master-key.js";
export {
  openSecret,
  rewrapSecret,
  sealSecret,
  type SealedSecret,
} from "./console/sealed-secret.js";
