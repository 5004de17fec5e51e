import { peopleAndSessionCases } from "./cases/sign-in-cases.js";
import { embedded } from "./support/databases.js";

describe("people and their sessions, on the embedded database", () => {
  peopleAndSessionCases(embedded);
});
