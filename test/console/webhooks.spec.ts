import { webhookCases } from "./cases/webhook-cases.js";
import { embedded } from "./support/databases.js";

describe("webhooks, on the embedded database", () => {
  webhookCases(embedded);
});
