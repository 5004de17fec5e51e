import { tailCases } from "./cases/tail-cases.js";
import { embedded } from "./support/databases.js";

describe("the live tail, on the embedded database", () => {
  tailCases(embedded);
});
