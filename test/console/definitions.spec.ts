import { definitionsCases } from "./cases/definitions-cases.js";
import { embedded } from "./support/databases.js";

describe("definitions of apps and keys, on the embedded database", () => {
  definitionsCases(embedded);
});
