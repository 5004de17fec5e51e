import { describe } from "@jest/globals";
import { itIsForBrowsers } from "./browser.contract.js";

/* The sources, found by the package's own "exports" and "imports". What npm hands out: browser.systems.ts. */
describe("@lacre/client in a browser", () => {
  itIsForBrowsers(() => ({ conditions: ["@lacre/source"] }));
});
