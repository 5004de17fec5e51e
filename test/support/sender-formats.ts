import { createHash, createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { BodySignatureOptions } from "@lacre/schemes/body-signature";

/*
 * What senders of webhooks write, made here by node:crypto as their documents say. The options are what somebody would
 * write who reads those documents.
 */

/** What is known when a message is made. */
export interface Moment {
  readonly key: string;
  /** Unix seconds, milliseconds, and RFC 3339, of one moment. */
  readonly s: string;
  readonly ms: string;
  readonly iso: string;
  /** The origin and the target of the hook, as the sender has it. */
  readonly origin: string;
  readonly target: string;
}

export interface Sent {
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
  readonly method?: string;
  /** Behind the path of the hook. */
  readonly search?: string;
  readonly type?: string;
}

export interface SenderFormat {
  readonly options: Omit<BodySignatureOptions, "name">;
  readonly key?: string;
  readonly encoding?: "text" | "hex" | "base64" | "whsec";
  readonly appId?: string;
  readonly send: (moment: Moment) => Sent;
  /** What of a message may change unnoticed; nothing unless given. */
  readonly uncovered?: "content";
}

type Encoding = "hex" | "base64" | "base64url";
const mac = (
  key: string | Buffer,
  text: string | Buffer,
  encoding: Encoding = "hex",
  hash = "sha256",
) => createHmac(hash, key).update(text).digest(encoding);
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const text = { keyEncodings: ["text"] } as const;
const JSON_BODY = '{"id":"evt_1","note":"Caf\u00e9 \\u0026 Co"}';
const FORM = "application/x-www-form-urlencoded";
const TWILIO_FORM =
  "CallSid=CA123&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&Body=a+b%26c";
const TWILIO_TEXT = "Bodya b&cCallSidCA123Caller+14158675309Digits1234From+14158675309";

export const SENDER_FORMATS: Readonly<Record<string, SenderFormat>> = {
  // Times
  hubspot: {
    options: {
      ...text,
      signatureHeader: "X-HubSpot-Signature-v3",
      encoding: "base64",
      timestampHeader: "X-HubSpot-Request-Timestamp",
      timestampFormat: "milliseconds",
      template: "{method}{url}{body}{timestamp}",
    },
    send: ({ key, ms, origin, target }) => {
      const body = '[{"eventId":1}]';
      const signature = mac(key, `POST${origin}${target}?a=b${body}${ms}`, "base64");
      return {
        search: "?a=b",
        body,
        headers: [
          ["X-HubSpot-Signature-v3", signature],
          ["X-HubSpot-Request-Timestamp", ms],
        ],
      };
    },
  },
  webflow: {
    options: {
      ...text,
      signatureHeader: "X-Webflow-Signature",
      timestampHeader: "X-Webflow-Timestamp",
      timestampFormat: "milliseconds",
      template: "{timestamp}:{body}",
    },
    send: ({ key, ms }) => ({
      headers: [
        ["X-Webflow-Timestamp", ms],
        ["X-Webflow-Signature", mac(key, `${ms}:${JSON_BODY}`)],
      ],
    }),
  },
  workos: {
    options: {
      ...text,
      signatureHeader: "WorkOS-Signature",
      prefix: "v1=",
      separator: ",",
      timestampPrefix: "t=",
      timestampFormat: "milliseconds",
      template: "{timestamp}.{body}",
    },
    send: ({ key, ms }) => ({
      headers: [["WorkOS-Signature", `t=${ms}, v1=${mac(key, `${ms}.${JSON_BODY}`)}`]],
    }),
  },
  ghost: {
    options: {
      ...text,
      signatureHeader: "X-Ghost-Signature",
      prefix: "sha256=",
      separator: ",",
      timestampPrefix: "t=",
      timestampFormat: "milliseconds",
      template: "{body}{timestamp}",
    },
    send: ({ key, ms }) => ({
      headers: [["X-Ghost-Signature", `sha256=${mac(key, JSON_BODY + ms)}, t=${ms}`]],
    }),
  },
  recurly: {
    options: {
      ...text,
      signatureHeader: "recurly-signature",
      separator: ",",
      timestampPrefix: "",
      timestampFormat: "milliseconds",
      template: "{timestamp}.{body}",
    },
    send: ({ key, ms }) => {
      const body = "<notification/>";
      const other = mac("another key, which is being retired", `${ms}.${body}`);
      return {
        body,
        type: "application/xml",
        headers: [["recurly-signature", `${ms},${other},${mac(key, `${ms}.${body}`)}`]],
      };
    },
  },
  zendesk: {
    options: {
      ...text,
      signatureHeader: "X-Zendesk-Webhook-Signature",
      encoding: "base64",
      timestampHeader: "X-Zendesk-Webhook-Signature-Timestamp",
      timestampFormat: "iso",
      template: "{timestamp}{body}",
    },
    send: ({ key, iso }) => ({
      headers: [
        ["X-Zendesk-Webhook-Signature-Timestamp", iso],
        ["X-Zendesk-Webhook-Signature", mac(key, iso + JSON_BODY, "base64")],
      ],
    }),
  },
  twitch: {
    options: {
      ...text,
      signatureHeader: "Twitch-Eventsub-Message-Signature",
      prefix: "sha256=",
      timestampHeader: "Twitch-Eventsub-Message-Timestamp",
      timestampFormat: "iso",
      idHeader: "Twitch-Eventsub-Message-Id",
      template: "{id}{timestamp}{body}",
    },
    send: ({ key, iso }) => {
      const id = "befa7b53-d79d-478f-86b9-120f112b044e";
      const at = iso.replace("Z", ".634234626Z");
      return {
        headers: [
          ["Twitch-Eventsub-Message-Id", id],
          ["Twitch-Eventsub-Message-Timestamp", at],
          ["Twitch-Eventsub-Message-Signature", `sha256=${mac(key, id + at + JSON_BODY)}`],
        ],
      };
    },
  },
  box: {
    options: {
      ...text,
      signatureHeader: ["Box-Signature-Primary", "Box-Signature-Secondary"],
      encoding: "base64",
      timestampHeader: "Box-Delivery-Timestamp",
      timestampFormat: "iso",
      template: "{body}{timestamp}",
    },
    send: ({ key, iso }) => {
      const at = iso.replace("Z", "+00:00");
      return {
        headers: [
          ["Box-Delivery-Timestamp", at],
          [
            "Box-Signature-Primary",
            mac("the key that is to come, 32 bytes", JSON_BODY + at, "base64"),
          ],
          ["Box-Signature-Secondary", mac(key, JSON_BODY + at, "base64")],
        ],
      };
    },
  },
  linear: {
    options: {
      ...text,
      signatureHeader: "Linear-Signature",
      timestampField: "webhookTimestamp",
      timestampFormat: "milliseconds",
      template: "{body}",
    },
    send: ({ key, ms }) => {
      const body = `{"action":"create","data":{"webhookTimestamp":1},"webhookTimestamp":${ms}}`;
      return { body, headers: [["Linear-Signature", mac(key, body)]] };
    },
  },

  // Signatures
  paddle: {
    options: {
      ...text,
      signatureHeader: "Paddle-Signature",
      prefix: "h1=",
      separator: ";",
      timestampPrefix: "ts=",
      template: "{timestamp}:{body}",
    },
    send: ({ key, s }) => ({
      headers: [["Paddle-Signature", `ts=${s};h1=${mac(key, `${s}:${JSON_BODY}`)}`]],
    }),
  },
  docuseal: {
    options: {
      ...text,
      signatureHeader: "X-Docuseal-Signature",
      separator: ".",
      timestampPrefix: "",
      template: "{timestamp}.{body}",
    },
    send: ({ key, s }) => ({
      headers: [["X-Docuseal-Signature", `${s}.${mac(key, `${s}.${JSON_BODY}`)}`]],
    }),
  },
  greenhouse: {
    options: { ...text, signatureHeader: "Signature", prefix: "sha256 ", template: "{body}" },
    send: ({ key }) => ({ headers: [["Signature", `sha256 ${mac(key, JSON_BODY)}`]] }),
  },
  airtable: {
    options: {
      signatureHeader: "X-Airtable-Content-MAC",
      prefix: "hmac-sha256=",
      template: "{body}",
      keyEncodings: ["base64"],
    },
    encoding: "base64",
    send: ({ key }) => ({
      headers: [
        ["X-Airtable-Content-MAC", `hmac-sha256=${mac(Buffer.from(key, "base64"), JSON_BODY)}`],
      ],
    }),
  },
  docusign: {
    options: {
      ...text,
      signatureHeader: Array.from({ length: 10 }, (_, i) => `X-DocuSign-Signature-${i + 1}`),
      encoding: "base64",
      template: "{body}",
    },
    send: ({ key }) => ({
      headers: [
        ["X-DocuSign-Signature-1", mac("the key of somebody else, 32 bytes", JSON_BODY, "base64")],
        ["X-DocuSign-Signature-2", mac(key, JSON_BODY, "base64")],
      ],
    }),
  },
  "capitals in hex": {
    options: { ...text, signatureHeader: "X-Sign", encoding: "hex-upper", template: "{body}" },
    send: ({ key }) => ({ headers: [["X-Sign", mac(key, JSON_BODY).toUpperCase()]] }),
  },
  base64url: {
    options: { ...text, signatureHeader: "X-Sign", encoding: "base64url", template: "{body}" },
    send: ({ key }) => ({ headers: [["X-Sign", mac(key, JSON_BODY, "base64url")]] }),
  },
  "base64 without padding": {
    options: {
      ...text,
      signatureHeader: "X-Sign",
      encoding: "base64-unpadded",
      template: "{body}",
    },
    send: ({ key }) => ({
      headers: [["X-Sign", mac(key, JSON_BODY, "base64").replace(/=+$/, "")]],
    }),
  },
  "the word of a scheme": {
    // Outgoing webhooks of Microsoft Teams
    options: {
      signatureHeader: "Authorization",
      prefix: "HMAC ",
      encoding: "base64",
      template: "{body}",
      keyEncodings: ["base64"],
    },
    encoding: "base64",
    send: ({ key }) => ({
      headers: [["Authorization", `HMAC ${mac(Buffer.from(key, "base64"), JSON_BODY, "base64")}`]],
    }),
  },
  "one name, several values": {
    options: {
      ...text,
      signatureHeader: "X-Sign",
      prefix: "sig=",
      separator: ",",
      timestampPrefix: "at=",
      template: "{timestamp}.{body}",
    },
    send: ({ key, s }) => {
      const made = [key, "another key of thirty-two bytes, then"].map((by) =>
        mac(by, `${s}.${JSON_BODY}`),
      );
      return { headers: [["X-Sign", `at=${s},sig=${made.toReversed().join(",")},alg=hmac`]] };
    },
  },
  vercel: {
    options: {
      ...text,
      signatureHeader: "x-vercel-signature",
      algorithm: "sha1",
      template: "{body}",
      minKeyBytes: 16,
    },
    key: "oauthsecret24charsxxxxyy",
    send: ({ key }) => ({
      headers: [["x-vercel-signature", mac(key, JSON_BODY, "hex", "sha1")]],
    }),
  },
  xero: {
    options: {
      ...text,
      signatureHeader: "x-xero-signature",
      encoding: "base64",
      template: "{body}",
    },
    send: ({ key }) => ({ headers: [["x-xero-signature", mac(key, JSON_BODY, "base64")]] }),
  },
  mailgun: {
    options: {
      ...text,
      signatureField: "signature.signature",
      timestampField: "signature.timestamp",
      idField: "signature.token",
      template: "{timestamp}{id}",
    },
    uncovered: "content",
    send: ({ key, s }) => {
      const token = "b5bbcfc9a06a4c6fb0c1a8bd0ee0ddb9e2a2a1ed0c8f7a6c51";
      const signature = { token, timestamp: s, signature: mac(key, s + token) };
      return {
        headers: [],
        body: JSON.stringify({ signature, "event-data": { event: "opened" } }),
      };
    },
  },
  "mailgun's form": {
    options: {
      ...text,
      signatureField: "signature",
      timestampField: "timestamp",
      idField: "token",
      template: "{timestamp}{id}",
    },
    uncovered: "content",
    send: ({ key, s }) => ({
      headers: [],
      type: FORM,
      body: `recipient=a%40b.test&token=abc123&timestamp=${s}&signature=${mac(key, `${s}abc123`)}`,
    }),
  },
  adyen: {
    options: {
      signatureField: "notificationItems.0.NotificationRequestItem.additionalData.hmacSignature",
      encoding: "base64",
      template: [
        "pspReference",
        "originalReference",
        "merchantAccountCode",
        "merchantReference*",
        "amount.value",
        "amount.currency",
        "eventCode",
        "success",
      ]
        .map((name) => `{field:notificationItems.0.NotificationRequestItem.${name}}`)
        .join(":"),
      keyEncodings: ["hex"],
    },
    key: "44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056",
    encoding: "hex",
    uncovered: "content",
    send: ({ key }) => {
      // The notification of Adyen's own libraries.
      const hmacSignature = mac(
        Buffer.from(key, "hex"),
        "pspReference:originalReference:merchantAccount:reference:1000:EUR:EVENT:true",
        "base64",
      );
      const item = {
        pspReference: "pspReference",
        originalReference: "originalReference",
        merchantAccountCode: "merchantAccount",
        amount: { currency: "EUR", value: 1000 },
        eventCode: "EVENT",
        merchantReference: "reference",
        success: "true",
        additionalData: { hmacSignature },
      };
      return {
        headers: [],
        body: JSON.stringify({ notificationItems: [{ NotificationRequestItem: item }] }),
      };
    },
  },

  // Texts
  square: {
    options: {
      ...text,
      signatureHeader: "x-square-hmacsha256-signature",
      encoding: "base64",
      template: "{url}{body}",
      minKeyBytes: 16,
    },
    key: "Cq6Lv0pXzN8bK1sYtR3eWg",
    send: ({ key, origin, target }) => ({
      headers: [["x-square-hmacsha256-signature", mac(key, origin + target + JSON_BODY, "base64")]],
    }),
  },
  "square by a URL of its own": {
    options: {
      ...text,
      signatureHeader: "x-square-hmacsha256-signature",
      encoding: "base64",
      template: "https://tickets.example.com/a/payment/webhook/of/some/length{body}",
    },
    send: ({ key }) => ({
      headers: [
        [
          "x-square-hmacsha256-signature",
          mac(
            key,
            `https://tickets.example.com/a/payment/webhook/of/some/length${JSON_BODY}`,
            "base64",
          ),
        ],
      ],
    }),
  },
  appwrite: {
    options: {
      ...text,
      signatureHeader: "X-Appwrite-Webhook-Signature",
      algorithm: "sha1",
      encoding: "base64",
      template: "{url}{body}",
    },
    send: ({ key, origin, target }) => ({
      headers: [
        ["X-Appwrite-Webhook-Signature", mac(key, origin + target + JSON_BODY, "base64", "sha1")],
      ],
    }),
  },
  trello: {
    options: {
      ...text,
      signatureHeader: "X-Trello-Webhook",
      algorithm: "sha1",
      encoding: "base64",
      template: "{body}{url}",
    },
    send: ({ key, origin, target }) => ({
      headers: [["X-Trello-Webhook", mac(key, JSON_BODY + origin + target, "base64", "sha1")]],
    }),
  },
  twilio: {
    options: {
      ...text,
      signatureHeader: "X-Twilio-Signature",
      algorithm: "sha1",
      encoding: "base64",
      template: "{url}{form}",
      contentDigest: { query: "bodySHA256" },
    },
    send: ({ key, origin, target }) => ({
      type: FORM,
      body: TWILIO_FORM,
      headers: [["X-Twilio-Signature", mac(key, origin + target + TWILIO_TEXT, "base64", "sha1")]],
    }),
  },
  "twilio's bodySHA256": {
    options: {
      ...text,
      signatureHeader: "X-Twilio-Signature",
      algorithm: "sha1",
      encoding: "base64",
      template: "{url}{form}",
      contentDigest: { query: "bodySHA256" },
    },
    send: ({ key, origin, target }) => {
      const search = `?a=1&bodySHA256=${sha256(JSON_BODY)}`;
      return {
        search,
        headers: [["X-Twilio-Signature", mac(key, origin + target + search, "base64", "sha1")]],
      };
    },
  },
  mercadoPago: {
    options: {
      ...text,
      signatureHeader: "x-signature",
      prefix: "v1=",
      separator: ",",
      timestampPrefix: "ts=",
      template: "id:{query:data.id};request-id:{header:x-request-id};ts:{timestamp};",
    },
    uncovered: "content",
    send: ({ key, s }) => ({
      search: "?data.id=123456&type=payment",
      headers: [
        ["x-request-id", "bb56a2f1-6aae-46ac-982e-9dcd3581d08e"],
        [
          "x-signature",
          `ts=${s},v1=${mac(key, `id:123456;request-id:bb56a2f1-6aae-46ac-982e-9dcd3581d08e;ts:${s};`)}`,
        ],
      ],
    }),
  },
  "a template that leaves out": {
    options: {
      ...text,
      signatureHeader: "x-signature",
      prefix: "v1=",
      separator: ",",
      timestampPrefix: "ts=",
      timestampFormat: "unix",
      template: "[id:{query:data.id|lower};][request-id:{header:x-request-id};]ts:{timestamp};",
    },
    uncovered: "content",
    send: ({ key, s }) => ({
      search: "?data.id=ABC",
      headers: [["x-signature", `ts=${s},v1=${mac(key, `id:abc;ts:${s};`)}`]],
    }),
  },
  "a digest in a header": {
    options: {
      ...text,
      signatureHeader: "x-sign",
      timestampHeader: "x-at",
      template: "{method} {path}?{query}\n{header:x-content-sha256}\n{timestamp}",
      contentDigest: { header: "x-content-sha256" },
    },
    send: ({ key, s, target }) => ({
      method: "PUT",
      search: "?b=1&a=2",
      headers: [
        ["x-at", s],
        ["x-content-sha256", sha256(JSON_BODY)],
        ["x-sign", mac(key, `PUT ${target}?b=1&a=2\n${sha256(JSON_BODY)}\n${s}`)],
      ],
    }),
  },
  "a path, a query and an id": {
    options: {
      ...text,
      signatureHeader: "x-sign",
      idHeader: "x-id",
      timestampHeader: "x-at",
      template: "{timestamp}{id}|{path}?{query}|{body}",
    },
    send: ({ key, s, target }) => ({
      search: "?x=%7C",
      headers: [
        ["x-at", s],
        ["x-id", "a.b"],
        ["x-sign", mac(key, `${s}a.b|${target}?x=%7C|${JSON_BODY}`)],
      ],
    }),
  },
  "a field of the content": {
    options: {
      ...text,
      signatureHeader: "x-sign",
      idField: "id",
      timestampHeader: "x-at",
      template: "{timestamp}:{field:note}:{body}",
    },
    send: ({ key, s }) => ({
      headers: [
        ["x-at", s],
        ["x-sign", mac(key, `${s}:Caf\u00e9 & Co:${JSON_BODY}`)],
      ],
    }),
  },
  "inflated content": {
    options: {
      ...text,
      signatureHeader: "x-sign",
      content: "inflated",
      template: "{body}",
    },
    send: ({ key }) => ({
      headers: [
        ["Content-Encoding", "gzip"],
        ["x-sign", mac(key, JSON_BODY)],
      ],
      body: gzipSync(JSON_BODY),
    }),
  },
  pusher: {
    options: {
      ...text,
      appIdHeader: "X-Pusher-Key",
      signatureHeader: "X-Pusher-Signature",
      template: "{body}",
      minKeyBytes: 16,
    },
    appId: "278d425bdf160c739803",
    key: "7ad3773142a6692b25b8",
    send: ({ key }) => ({
      headers: [
        ["X-Pusher-Key", "278d425bdf160c739803"],
        ["X-Pusher-Signature", mac(key, JSON_BODY)],
      ],
    }),
  },
};

export const USUAL_BODY = JSON_BODY;
