import { readdirSync, readFileSync } from "node:fs";
import { accessCases } from "./cases/access-cases.js";
import { alarmCases } from "./cases/alarm-cases.js";
import { auditCases } from "./cases/audit-cases.js";
import { credentialsCases } from "./cases/credentials-cases.js";
import { definitionsCases } from "./cases/definitions-cases.js";
import { explainingCases } from "./cases/explaining-cases.js";
import { happenedCases } from "./cases/happened-cases.js";
import { ingestCases } from "./cases/ingest-cases.js";
import { registryCases } from "./cases/registry-cases.js";
import { requestsCases } from "./cases/requests-cases.js";
import { addressCases, serverCases } from "./cases/server-cases.js";
import { peopleAndSessionCases, signInCases } from "./cases/sign-in-cases.js";
import { tailCases } from "./cases/tail-cases.js";
import { vaultCases } from "./cases/vault-cases.js";
import { webhookCases } from "./cases/webhook-cases.js";
import { postgres, type Databases } from "./support/databases.js";

/** What takes databases. The other cases are parts of one of these. */
const CASES = {
  accessCases,
  addressCases,
  alarmCases,
  auditCases,
  credentialsCases,
  definitionsCases,
  explainingCases,
  happenedCases,
  ingestCases,
  peopleAndSessionCases,
  registryCases,
  requestsCases,
  serverCases,
  signInCases,
  tailCases,
  vaultCases,
  webhookCases,
};

describe("the console on a PostgreSQL server", () => {
  let databases: Databases;
  beforeAll(async () => {
    databases = await postgres();
  });
  afterAll(() => databases.close());

  it("runs all that takes databases", () => {
    const folder = "test/console/cases";
    const there = readdirSync(folder).flatMap((file) => [
      ...readFileSync(`${folder}/${file}`, "utf8").matchAll(
        /^export function (\w+Cases)\(databases: /gm,
      ),
    ]);
    expect(Object.keys(CASES)).toEqual(there.map(([, name = ""]) => name).sort());
  });

  describe.each(Object.entries(CASES))("%s", (_name, cases) => cases(() => databases));
});
