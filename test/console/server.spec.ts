import { addressCases, serverCases } from "./cases/server-cases.js";
import { embedded } from "./support/databases.js";

describe("the console's server, on the embedded database", () => {
  serverCases(embedded);
  addressCases(embedded);
});
