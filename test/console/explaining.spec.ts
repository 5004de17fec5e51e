import { explainingCases } from "./cases/explaining-cases.js";
import { embedded } from "./support/databases.js";

describe("explanations, on the embedded database", () => {
  explainingCases(embedded);
});
