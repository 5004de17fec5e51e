/* A fresh application of Nest 12, as its command line makes it. Needs the package registry. */
import { describe } from "@jest/globals";
import { itIsAtHomeIn } from "./fresh-app.contract.js";

describe("a fresh application of Nest 12", () => {
  itIsAtHomeIn(12);
});
