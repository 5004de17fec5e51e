import { alarmCases } from "./cases/alarm-cases.js";
import { embedded } from "./support/databases.js";

describe("alarms, on the embedded database", () => {
  alarmCases(embedded);
});
