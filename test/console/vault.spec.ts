import { vaultCases } from "./cases/vault-cases.js";
import { embedded } from "./support/databases.js";

describe("secrets of the console at rest, on the embedded database", () => {
  vaultCases(embedded);
});
