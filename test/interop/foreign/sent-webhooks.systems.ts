import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { WebhookSender } from "@lacre/client/webhooks";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { need, run } from "../../support/run.js";
import { Receiver } from "../../support/webhook-receiver.js";

/* What WebhookSender sends, judged by the package of Standard Webhooks for Python. */

const PACKAGE = "standardwebhooks==1.0.1";
let packages: string;
let receiver: Receiver;
beforeAll(async () => {
  need("python3", "apt-get install python3");
  packages = mkdtempSync(join(tmpdir(), "lacre-standardwebhooks-"));
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", packages, PACKAGE];
  const { status, stderr } = spawnSync("python3", pip, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`pip could not get ${PACKAGE}: apt-get install python3-pip\n${stderr}`);
  receiver = await Receiver.start();
});
afterAll(async () => {
  await receiver?.close();
  if (packages !== undefined) rmSync(packages, { recursive: true, force: true });
});

const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

it("verifies in Python under each secret, at each attempt, and not when a byte is changed", async () => {
  const [fresh, old, strange] = [newSecret(), newSecret(), newSecret()];
  const hooks = new WebhookSender({
    scheme: standardWebhooks({ appId: "us" }),
    endpoints: { them: { url: receiver.url, secrets: [fresh, old] } },
    allowHttp: true,
    allowedNetworks: ["127.0.0.1"],
    retryPlan: [0],
  });
  await hooks.start();
  receiver.answer = (_request, response) => response.writeHead(500).end();
  const event = { type: "order.paid", data: { name: "Šárka €", n: 1.0 } };
  await hooks.send("them", event);
  await hooks.idle();
  await hooks.stop();
  expect(receiver.received).toHaveLength(2);
  const messages = receiver.received.flatMap(({ body, headers }) => [
    { secret: fresh, body, headers },
    { secret: old, body, headers },
    { secret: strange, body, headers },
    { secret: fresh, body: body.replace("paid", "pain"), headers },
    { secret: fresh, body, headers: { ...headers, "webhook-id": "msg_other" } },
  ]);
  const program = fileURLToPath(new URL("programs/standard_webhooks_verify.py", import.meta.url));
  const { stdout, stderr } = await run("python3", [program], {
    env: { PYTHONPATH: packages },
    input: JSON.stringify(messages),
  });
  expect(stderr).toBe("");
  const refused = "No matching signature found";
  const each = [event, event, refused, refused, refused];
  expect(JSON.parse(stdout)).toEqual([...each, ...each]);
});
