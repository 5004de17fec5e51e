import { registryCases } from "./cases/registry-cases.js";
import { embedded } from "./support/databases.js";

describe("the console's registry, on the embedded database", () => {
  registryCases(embedded);
});
