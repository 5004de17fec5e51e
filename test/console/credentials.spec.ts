import { credentialsCases } from "./cases/credentials-cases.js";
import { embedded } from "./support/databases.js";

describe("apps and keys of the console, on the embedded database", () => {
  credentialsCases(embedded);
});
