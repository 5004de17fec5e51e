import { signInCases } from "./cases/sign-in-cases.js";
import { embedded } from "./support/databases.js";

describe("sign-in, on the embedded database", () => {
  signInCases(embedded);
});
