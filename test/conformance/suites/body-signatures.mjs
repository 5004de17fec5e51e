// MACs over content: the webhooks of four senders, a time behind the content, and a request's id from a shared key.
import { readFileSync } from "node:fs";
import {
  contentOf,
  HeaderLines,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Secret,
  Verifier,
} from "@lacre/core";
import { github } from "@lacre/schemes/github";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { Template } from "../../../libs/schemes/dist/body-signature/template/template.js";

const appId = "sender";
const vectorsIn = (path) => JSON.parse(readFileSync(path, "utf8")).vectors;

/** Who sent each of the webhooks, and with what headers. */
const SENDERS = {
  "GitHub X-Hub-Signature-256": githubCase,
  octokit: githubCase,
  "Slack v0": ({ timestamp, signature }) => ({
    scheme: slack({ appId }),
    headers: [
      ["X-Slack-Request-Timestamp", timestamp],
      ["X-Slack-Signature", `v0=${signature}`],
    ],
  }),
  "Standard Webhooks v1": ({ id, timestamp, signature }) => ({
    scheme: standardWebhooks({ appId }),
    headers: [
      ["webhook-id", id],
      ["webhook-timestamp", timestamp],
      ["webhook-signature", `v1,${signature}`],
    ],
  }),
  "Stripe v1": ({ timestamp, signature }) => ({
    scheme: stripe({ appId }),
    headers: [["Stripe-Signature", `t=${timestamp},v1=${signature}`]],
  }),
};

const NOW = 1_700_000_000;
/** The text and the MAC of the one vector whose time no server would read. */
const STRIPE = new Template("{timestamp}.{body}", "template");
const HMAC = { algorithm: "sha256", encoding: "hex" };

function githubCase({ signature }) {
  const clock = { nowMs: () => NOW * 1000 };
  return {
    scheme: github({ appId, weakKeys: true, clock }),
    headers: [["X-Hub-Signature-256", `sha256=${signature}`]],
  };
}

export async function webhooks(path, tally) {
  for (const vector of vectorsIn(path)) {
    const { name, secret, timestamp, signature } = vector;
    const { scheme, headers } = SENDERS[name](vector);
    const body = vector.body ?? vector.signed_content;
    const isRead = timestamp === undefined || timestamp.length === 10;
    const lines = HeaderLines.fromEntries(headers);
    const reading = isRead ? scheme.header.read({ method: "POST", headers: lines }) : undefined;
    const values = { timestamp, body };
    const text = reading?.text(body) ?? STRIPE.of(({ kind }) => values[kind]);
    tally.equal(`${name}: what is signed`, text, vector.signed_content);
    const key = new Secret(
      vector.key_decoding === "whsec-base64"
        ? Buffer.from(secret.replace("whsec_", ""), "base64")
        : Buffer.from(secret),
    );
    tally.equal(`${name}: signature`, key.macBy(reading?.claims.recipe ?? HMAC, text), signature);
    if (!isRead) {
      tally.exclude(`${name} (request)`, "a time of five digits, and a key of 17 bytes");
      continue;
    }
    const arrival = { scheme, secret, method: "POST", target: "/", headers, body };
    const nowSeconds = Number(timestamp ?? NOW);
    tally.equal(`${name}: request`, await verdict(arrival, nowSeconds), "accepted");
    tally.equal(
      `${name}: another content`,
      await verdict({ ...arrival, body: `${body} ` }, nowSeconds),
      "signature-mismatch",
    );
  }
}

export async function flaskTimestamp(path, tally) {
  for (const { name, key, body, timestamp, signature } of vectorsIn(path)) {
    const arrival = {
      scheme: timestampBody({ appId, weakKeys: true }),
      secret: key,
      method: "POST",
      target: "/api",
      headers: [
        ["x-hmac-timestamp", timestamp],
        ["x-hmac-sha256", signature],
      ],
      body,
    };
    const expected = name.includes("forged") ? "timestamp-malformed" : "accepted";
    tally.equal(name, await verdict(arrival, NOW), expected);
  }
}

export async function sharedKeys(path, tally) {
  for (const { name, key, uri, method, date, signed, signature, mac } of vectorsIn(path)) {
    const insecureHash = mac === "sha256";
    const scheme = sharedKey({ minKeyBytes: 16, insecureHash });
    const headersAt = (moment) => [
      ["x-auth-login", appId],
      ["x-auth-date", moment],
      ["x-auth-id", signature],
    ];
    const headers = headersAt(date);
    // A date without a zone is read with one, and its text is held against the vector without it.
    const moment = date.endsWith("Z") ? date : `${date}Z`;
    const head = { method, target: uri, headers: HeaderLines.fromEntries(headersAt(moment)) };
    const reading = scheme.header.read(head);
    const text = reading.text().replace(moment, date);
    tally.equal(`${name}: text`, insecureHash ? text + key : text, signed);
    const id = new Secret(Buffer.from(key)).macBy(reading.claims.recipe, text);
    tally.equal(`${name}: id`, id, signature);
    if (moment !== date) {
      tally.exclude(`${name} (request)`, "a date without a zone is no moment");
      continue;
    }
    const arrival = { scheme, secret: key, method, target: uri, headers, body: "" };
    tally.equal(`${name}: request`, await verdict(arrival, Date.parse(date) / 1000), "accepted");
  }
}

/** "accepted", or the code of our verifier's refusal. */
async function verdict({ scheme, secret, method, target, headers, body }, nowSeconds) {
  const clock = { nowMs: () => nowSeconds * 1000 };
  const app = {
    appId,
    apiKey: secret,
    encoding: scheme.keyEncodings[0],
    schemes: [scheme.name],
  };
  const verifier = new Verifier({
    schemes: [scheme],
    keys: new MemoryKeyStore(readApps([app], [scheme])),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock,
  });
  const route = { schemes: [scheme.name], signedHeaders: [], scopes: [], stream: false };
  const rawHeaders = [["Host", "a.test"], ...headers].flat();
  const front = { origins: Origins.of(["https://a.test"]), pathPrefix: "" };
  try {
    const request = receive({ method, target, rawHeaders }, front);
    await verifier.verify(request, contentOf(Buffer.from(body)), route);
    return "accepted";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
