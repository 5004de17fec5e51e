import { KEY_CASES } from "./support/all-cases.js";
import { embedded } from "./support/databases.js";

// In one file: to load the console takes longer than most of its cases.
describe.each(Object.entries(KEY_CASES))("%s, on the embedded database", (_name, cases) => {
  cases(embedded);
});
