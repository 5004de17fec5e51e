import { readdirSync } from "node:fs";
import { postgres, type Databases } from "./support/databases.js";

/** Each exports functions that take databases, and describe what the console does on them. */
const FILES = readdirSync("test/console/cases").filter((file) => file.endsWith("-cases.ts"));
type Cases = (databases: () => Databases) => void;

const found: [name: string, cases: Cases][] = [];
for (const file of FILES) {
  const exported = (await import(`./cases/${file.replace(/ts$/, "js")}`)) as Record<
    string,
    unknown
  >;
  const cases = Object.entries(exported).filter(([name]) => name.endsWith("Cases"));
  if (cases.length === 0) throw new Error(`${file} exports no cases`);
  found.push(...(cases as [string, Cases][]));
}

describe("the console on a PostgreSQL server", () => {
  let databases: Databases;
  beforeAll(async () => {
    databases = await postgres();
  });
  afterAll(() => databases.close());

  describe.each(found)("%s", (_name, cases) => cases(() => databases));
});
