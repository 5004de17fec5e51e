// npm's standardwebhooks, which signs content alone.
import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { signing, verifying } from "../contestant.mjs";
import { incoming, linesOf } from "../message.mjs";
import { SCHEMES } from "../schemes.mjs";

const webhook = new Webhook(SCHEMES["standard-webhooks"].apiKey);

export function standardWebhooksVerifier() {
  return verifying({
    method: "POST",
    sign,
    arrive: (message, signed) => incoming(message, linesOf(message, signed), true),
    isRight(request, { content }) {
      webhook.verify(content.text, request.headers, { jsonParse: false }); // it throws
      return true;
    },
  });
}

export function standardWebhooksSigner() {
  return signing({ method: "POST", sign, proof: standardWebhooksVerifier() });
}

function sign({ content }) {
  const id = randomUUID();
  const now = new Date();
  return [
    ["webhook-id", id],
    ["webhook-timestamp", `${Math.floor(now.getTime() / 1000)}`],
    ["webhook-signature", webhook.sign(id, now, content.text)],
  ];
}
