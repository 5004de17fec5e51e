import { auditCases } from "./cases/audit-cases.js";
import { embedded } from "./support/databases.js";

describe("the audit log, on the embedded database", () => {
  auditCases(embedded);
});
