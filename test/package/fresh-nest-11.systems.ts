/* A fresh application of Nest 11, as its command line makes it. Needs the package registry. */
import { describe } from "@jest/globals";
import { itIsAtHomeIn } from "./fresh-app.contract.js";

describe("a fresh application of Nest 11", () => {
  itIsAtHomeIn(11);
});
