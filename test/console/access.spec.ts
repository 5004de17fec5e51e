import { accessCases } from "./cases/access-cases.js";
import { embedded } from "./support/databases.js";

describe("access to the console, on the embedded database", () => {
  accessCases(embedded);
});
