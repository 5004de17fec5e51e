import { ingestCases } from "./cases/ingest-cases.js";
import { embedded } from "./support/databases.js";

describe("verdicts that come in, on the embedded database", () => {
  ingestCases(embedded);
});
