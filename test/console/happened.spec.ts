import { happenedCases } from "./cases/happened-cases.js";
import { embedded } from "./support/databases.js";

describe("what happened, on the embedded database", () => {
  happenedCases(embedded);
});
