import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, Post } from "@nestjs/common";
import { signFetch } from "@lacre/client";
import type { Scheme } from "@lacre/core";
import { github } from "@lacre/schemes/github";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { PLATFORMS, startApp, type RunningApp } from "../../support/app.js";
import { need, run } from "../../support/run.js";
import { foreign, needForeign, versionOf } from "./foreign.js";

/** What the packages are used for here, and no more of them. */
interface StandardWebhooks {
  Webhook: new (secret: string) => {
    sign(id: string, timestamp: Date, payload: string): string;
    verify(payload: Buffer, headers: Record<string, unknown>): unknown;
  };
}
interface StripePackage {
  default: new (key: string) => {
    webhooks: {
      generateTestHeaderString(options: { payload: string; secret: string }): string;
      constructEvent(payload: Buffer, header: string, secret: string): { id: string };
    };
  };
}
interface Octokit {
  sign(secret: string, payload: string): Promise<string>;
  verify(secret: string, payload: string, signature: string): Promise<boolean>;
}
interface Bolt {
  verifySlackRequest(options: {
    signingSecret: string;
    body: string;
    headers: { "x-slack-signature": string; "x-slack-request-timestamp": number };
  }): void;
}

const SLACK_SDK = "slack_sdk==3.36.0";
const SECRETS = {
  billing: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  payments: "whsec_0123456789abcdefghijklmnopqrstuv",
  code: "It's a Secret to Everybody, and thirty-two bytes long",
  chat: "8f742231b10e8888abcd99yyyzzz85a5",
};
const SCHEMES = {
  billing: standardWebhooks({ appId: "billing" }),
  payments: stripe({ appId: "payments" }),
  code: github({ appId: "code", acknowledgeWeakness: true }),
  chat: slack({ appId: "chat" }),
} as const satisfies Record<string, Scheme>;
type Sender = keyof typeof SCHEMES;

/** JSON with what re-encoding would change, and a form as Slack sends them. */
const PAYLOADS: Record<Sender, { type: string; text: string; parsed: unknown }> = {
  billing: json('{"id": "evt_1",  "name": "Šárka €"}', { id: "evt_1", name: "Šárka €" }),
  payments: json('{\n  "id": "evt_test_webhook",\n  "object": "event"\n}', {
    id: "evt_test_webhook",
    object: "event",
  }),
  code: json('{"zen":"Non-blocking is better than blocking.","n":1.0}', {
    zen: "Non-blocking is better than blocking.",
    n: 1,
  }),
  chat: {
    type: "application/x-www-form-urlencoded",
    text: "token=xyzz&command=%2Fweb-hook&text=a+b%20c",
    parsed: { token: "xyzz", command: "/web-hook", text: "a b c" },
  },
};
function json(text: string, parsed: unknown): { type: string; text: string; parsed: unknown } {
  return { type: "application/json; charset=utf-8", text, parsed };
}

@Controller("hooks")
@HmacProtected({ schemes: Object.values(SCHEMES).map(({ name }) => name) })
class HooksController {
  @Post()
  take(@HmacPrincipal("appId") appId: string, @Body() body: unknown) {
    return { appId, body };
  }
}

let standard: StandardWebhooks;
let stripeWebhooks: InstanceType<StripePackage["default"]>["webhooks"];
let octokit: Octokit;
let bolt: Bolt;
let pythonPackages: string;
const apps: RunningApp[] = [];

beforeAll(async () => {
  needForeign();
  standard = await foreign<StandardWebhooks>("standardwebhooks");
  const { default: Stripe } = await foreign<StripePackage>("stripe");
  stripeWebhooks = new Stripe("sk_test_none").webhooks;
  octokit = await foreign<Octokit>("@octokit/webhooks-methods", "dist-node/index.js");
  bolt = await foreign<Bolt>("@slack/bolt");
  need("python3", "apt-get install python3");
  pythonPackages = mkdtempSync(join(tmpdir(), "lacre-slack-"));
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", pythonPackages];
  const { status, stderr } = spawnSync("python3", [...pip, SLACK_SDK], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`pip could not get ${SLACK_SDK}: apt-get install python3-pip\n${stderr}`);
  for (const platform of PLATFORMS)
    apps.push(
      await startApp(platform, {
        controllers: [HooksController],
        hmac: {
          schemes: ["lacre1", ...Object.values(SCHEMES)],
          apps: (Object.keys(SCHEMES) as Sender[]).map((appId) => ({
            appId,
            apiKey: SECRETS[appId],
            encoding: SCHEMES[appId].keyEncodings[0] ?? "text",
            schemes: [SCHEMES[appId].name],
          })),
        },
      }),
    );
});
afterAll(async () => {
  for (const { close } of apps) await close();
  if (pythonPackages !== undefined) rmSync(pythonPackages, { recursive: true, force: true });
});

/** What each sender's own package puts on a message. */
const SIGNERS: Record<Sender, (payload: string) => Promise<Record<string, string>>> = {
  billing: async (payload) => {
    const at = new Date();
    return {
      "webhook-id": `msg_${at.getTime()}_${messages++}`,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new standard.Webhook(SECRETS.billing).sign(
        `msg_${at.getTime()}_${messages - 1}`,
        at,
        payload,
      ),
    };
  },
  payments: async (payload) => ({
    "stripe-signature": stripeWebhooks.generateTestHeaderString({
      payload,
      secret: SECRETS.payments,
    }),
  }),
  code: async (payload) => ({
    "x-github-event": "ping",
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": await octokit.sign(SECRETS.code, payload),
  }),
  chat: async (payload) => {
    const program = [
      "import sys, time",
      "from slack_sdk.signature import SignatureVerifier",
      "at = str(int(time.time()))",
      "signer = SignatureVerifier(sys.argv[1])",
      "print(at, signer.generate_signature(timestamp=at, body=sys.argv[2]), end='')",
    ].join("\n");
    const { stdout } = await run("python3", ["-c", program, SECRETS.chat, payload], {
      env: { PYTHONPATH: pythonPackages },
    });
    const [at = "", signature = ""] = stdout.split(" ");
    return { "x-slack-request-timestamp": at, "x-slack-signature": signature };
  },
};
let messages = 0;

const NAMES: Record<Sender, string> = {
  billing: `standardwebhooks ${versionOf("standardwebhooks")}`,
  payments: `stripe ${versionOf("stripe")}`,
  code: `@octokit/webhooks-methods ${versionOf("@octokit/webhooks-methods")}`,
  chat: `Slack's packages: ${SLACK_SDK} and @slack/bolt ${versionOf("@slack/bolt")}`,
};
const SENDERS = (Object.keys(NAMES) as Sender[]).map((sender) => [NAMES[sender], sender] as const);

describe.each(SENDERS)("%s", (_name, sender) => {
  const { type, text, parsed } = PAYLOADS[sender];

  it.each(PLATFORMS.map((platform, i) => [platform, i] as const))(
    "signs what a Nest app on %s takes, once, as it was signed",
    async (_platform, i) => {
      const { url, lastCode } = apps[i] as RunningApp;
      const signature = await SIGNERS[sender](text);
      const deliver = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
        fetch(`${url}/hooks`, {
          method: "POST",
          headers: { "content-type": type, ...signature, ...headers },
          body,
        });
      for (const changed of [`${text} `, text.replace("e", "E"), ""]) {
        expect(changed).not.toBe(text);
        expect([(await deliver(changed)).status, lastCode()]).toEqual([401, "signature-mismatch"]);
      }
      const answer = await deliver(text);
      expect([answer.status, await answer.json()]).toEqual([201, { appId: sender, body: parsed }]);
      expect([(await deliver(text)).status, lastCode()]).toEqual([401, "nonce-seen"]);
      const again = { "x-github-delivery": "another" };
      expect([(await deliver(text, again)).status, lastCode()]).toEqual([401, "nonce-seen"]);
    },
  );

  it("takes what signFetch signed, and nothing that was changed after", async () => {
    const { url, received, close } = await receiver((body, headers) =>
      VERIFIERS[sender](body, headers),
    );
    try {
      const options = {
        appId: sender,
        apiKey: SECRETS[sender],
        encoding: SCHEMES[sender].keyEncodings[0] ?? "text",
        scheme: SCHEMES[sender],
      };
      const init = { method: "POST", headers: { "content-type": type }, body: text };
      expect((await signFetch(fetch, options)(url, init)).status).toBe(200);
      expect(received).toEqual([text]);
      const spoiling = signFetch(
        (input, { body: _body, ...rest } = {}) => fetch(input, { ...rest, body: `${text} ` }),
        options,
      );
      expect((await spoiling(url, init)).status).toBe(400);
      const apiKey =
        sender === "billing" ? "whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : "x".padEnd(40, "y");
      expect((await signFetch(fetch, { ...options, apiKey })(url, init)).status).toBe(400);
    } finally {
      await close();
    }
  });
});

/** Throws for what the sender's own package would not take. */
const VERIFIERS: Record<Sender, (body: Buffer, headers: IncomingHttpHeaders) => Promise<void>> = {
  billing: async (body, headers) =>
    void new standard.Webhook(SECRETS.billing).verify(body, headers),
  payments: async (body, headers) =>
    void stripeWebhooks.constructEvent(body, String(headers["stripe-signature"]), SECRETS.payments),
  code: async (body, headers) => {
    const signature = String(headers["x-hub-signature-256"]);
    if (!(await octokit.verify(SECRETS.code, body.toString("utf8"), signature)))
      throw new Error("octokit says no");
  },
  chat: async (body, headers) =>
    bolt.verifySlackRequest({
      signingSecret: SECRETS.chat,
      body: body.toString("utf8"),
      headers: {
        "x-slack-signature": String(headers["x-slack-signature"]),
        "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]),
      },
    }),
};

/** A server that asks somebody else's package about each message: 200 or 400. */
async function receiver(
  verify: (body: Buffer, headers: IncomingHttpHeaders) => Promise<void>,
): Promise<{ url: string; received: string[]; close(): Promise<void> }> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      verify(body, request.headers).then(
        () => {
          received.push(body.toString("utf8"));
          response.writeHead(200).end();
        },
        () => response.writeHead(400).end(),
      );
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
