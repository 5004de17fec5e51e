import { readdirSync, readFileSync } from "node:fs";
import { accessCases } from "../cases/access-cases.js";
import { alarmCases } from "../cases/alarm-cases.js";
import { auditCases } from "../cases/audit-cases.js";
import { conventionsCases } from "../cases/conventions-cases.js";
import { credentialsCases } from "../cases/credentials-cases.js";
import { definitionsCases } from "../cases/definitions-cases.js";
import { explainingCases } from "../cases/explaining-cases.js";
import { happenedCases } from "../cases/happened-cases.js";
import { ingestCases } from "../cases/ingest-cases.js";
import { oldRowsCases } from "../cases/old-rows-cases.js";
import { registryCases } from "../cases/registry-cases.js";
import { requestsCases } from "../cases/requests-cases.js";
import { addressCases, serverCases } from "../cases/server-cases.js";
import { peopleAndSessionCases, signInCases } from "../cases/sign-in-cases.js";
import { tailCases } from "../cases/tail-cases.js";
import { vaultCases } from "../cases/vault-cases.js";
import { webhookCases } from "../cases/webhook-cases.js";

/** Who may do what, and how they prove who they are. Each takes databases. */
export const PEOPLE_CASES = {
  accessCases,
  addressCases,
  auditCases,
  conventionsCases,
  peopleAndSessionCases,
  requestsCases,
  serverCases,
  signInCases,
};

/** Keys, and what happened with them. */
export const KEY_CASES = {
  alarmCases,
  credentialsCases,
  definitionsCases,
  explainingCases,
  happenedCases,
  ingestCases,
  oldRowsCases,
  registryCases,
  tailCases,
  vaultCases,
  webhookCases,
};

/** The names of all cases that take databases, as their files have them. The others are parts of one of these. */
export function namesOfCases(): string[] {
  const folder = "test/console/cases";
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [
      ...readFileSync(`${folder}/${file}`, "utf8").matchAll(
        /^export function (\w+Cases)\(databases: /gm,
      ),
    ])
    .map(([, name = ""]) => name)
    .sort();
}
