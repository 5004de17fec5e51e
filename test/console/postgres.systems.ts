import { KEY_CASES, namesOfCases, PEOPLE_CASES } from "./support/all-cases.js";
import { postgres, type Databases } from "./support/databases.js";

const CASES = { ...PEOPLE_CASES, ...KEY_CASES };

describe("the console on a PostgreSQL server", () => {
  let databases: Databases;
  beforeAll(async () => {
    databases = await postgres();
  });
  afterAll(() => databases.close());

  it("runs all that takes databases", () => {
    expect(Object.keys(CASES).sort()).toEqual(namesOfCases());
  });

  describe.each(Object.entries(CASES))("%s", (_name, cases) => cases(() => databases));
});
