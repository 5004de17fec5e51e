import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret, TOTP } from "otpauth";
import { run } from "../support/run.js";
import { ConsoleProcess } from "./support/console-process.js";

const COLLECTION = "apps/console/postman/lacre-console.postman_collection.json";
const NEWMAN = "test/interop/foreign/node_modules/newman/bin/newman.js";
const LOGIN = "ada";
const PASSWORD = "a long sentence that nobody else says";

let folder: string;
let lacre: ConsoleProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lacre-console-"));
  lacre = await ConsoleProcess.start({ CONSOLE_DATA: folder });
});
afterAll(async () => {
  await lacre.stop();
  rmSync(folder, { recursive: true });
});

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const answer = await fetch(`${lacre.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: lacre.url },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Answer;
}

/** By the link that the first start shows. Confirms with the code before this one, so that this one is still good. */
async function enrol(): Promise<string> {
  const [, token = ""] = /\/enrol#([\w-]+)/.exec(lacre.output) ?? [];
  const person = { token, login: LOGIN, name: "Ada", password: PASSWORD };
  const { ticket, totp } = await post<{ ticket: string; totp: { secret: string } }>(
    "/v1/enrolment",
    person,
  );
  const before = new TOTP({ secret: Secret.fromBase32(totp.secret) }).generate({
    timestamp: Date.now() - 30_000,
  });
  await post("/v1/enrolment/confirm", { ticket, totp: before });
  return totp.secret;
}

it("takes somebody who has just enrolled through the Postman collection", async () => {
  const secret = await enrol();
  const variables = { baseUrl: lacre.url, login: LOGIN, password: PASSWORD, totpSecret: secret };
  const given = Object.entries(variables).flatMap(([name, value]) => [
    "--env-var",
    `${name}=${value}`,
  ]);
  const { code, stdout } = await run(process.execPath, [
    NEWMAN,
    "run",
    COLLECTION,
    "--color",
    "off",
    ...given,
  ]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/assertions\s*│\s*19\s*│\s*0/)]);
});
