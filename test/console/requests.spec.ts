import { requestsCases } from "./cases/requests-cases.js";
import { embedded } from "./support/databases.js";

describe("requests for access, on the embedded database", () => {
  requestsCases(embedded);
});
