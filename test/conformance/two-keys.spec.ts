import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { generateApiKey, Signer } from "@lacre/core";
import { bodySignature } from "@lacre/schemes/body-signature";
import { slack } from "@lacre/schemes/slack";
import { stripe } from "@lacre/schemes/stripe";
import { Webhook } from "standardwebhooks";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";

/* A message under two keys at once, as a sender writes it while one key follows the other. */

const AT_MS = 1_700_000_000_000;
const CONTENT = '{"a":1}';
const request = { method: "POST", url: "https://a.test/", content: Buffer.from(CONTENT) };
const appId = "us";
const hmac = (key: string, text: string, encoding: "hex" | "base64" = "hex") =>
  createHmac("sha256", key).update(text).digest(encoding);

describe("one message under two keys", () => {
  const keys = ["the new key, of thirty-two bytes or so", "the old key, of thirty-two bytes or so"];
  const signersOf = (scheme: ConstructorParameters<typeof Signer>[0]["scheme"], apiKeys = keys) =>
    apiKeys.map((apiKey) => new Signer({ appId, apiKey, encoding: "text", scheme })) as [
      Signer,
      Signer,
    ];

  it("has both signatures in the list of Stripe", () => {
    const [now, before] = signersOf(stripe({ appId }));
    const { headers } = now.sign(request, AT_MS, { others: [before] });
    const [v1, older] = keys.map((key) => hmac(key, `1700000000.${CONTENT}`));
    expect(headers).toEqual([["stripe-signature", `t=1700000000,v1=${v1},v1=${older}`]]);
  });

  it("has both in that of Standard Webhooks, and either verifies elsewhere", () => {
    const secrets = [1, 2].map(() => `whsec_${randomBytes(32).toString("base64")}`);
    const [now, before] = secrets.map(
      (apiKey) => new Signer({ appId, apiKey, scheme: standardWebhooks({ appId }) }),
    ) as [Signer, Signer];
    const headers = Object.fromEntries(
      now.sign(request, Date.now(), { others: [before], id: "msg_1" }).headers,
    );
    expect(headers["webhook-id"]).toBe("msg_1");
    for (const secret of secrets)
      expect(new Webhook(secret).verify(CONTENT, headers)).toEqual({ a: 1 });
  });

  it("has each in a header of its own where there are several", () => {
    const scheme = bodySignature({
      name: "boxed",
      appId,
      signatureHeader: ["x-sign-primary", "x-sign-secondary"],
      encoding: "base64",
      timestampHeader: "x-time",
      template: "{body}{timestamp}",
      keyEncodings: ["text"],
    });
    const [now, before] = signersOf(scheme);
    const [primary, secondary] = keys.map((key) => hmac(key, `${CONTENT}1700000000`, "base64"));
    expect(now.sign(request, AT_MS, { others: [before] }).headers).toEqual([
      ["x-time", "1700000000"],
      ["x-sign-primary", primary],
      ["x-sign-secondary", secondary],
    ]);
    expect(now.sign(request, AT_MS).headers.map(([name]) => name)).toEqual([
      "x-time",
      "x-sign-primary",
    ]);
    expect(now.mostSignatures).toBe(2);
  });

  it("is refused where the format has room for one", () => {
    const scheme = bodySignature({
      name: "acme",
      appId,
      signatureHeader: "x-acme",
      template: "{body}",
      acknowledgeWeakness: true,
    });
    for (const one of [slack({ appId }), scheme]) {
      const [now, before] = signersOf(one);
      expect(now.mostSignatures).toBe(1);
      expect(() => now.sign(request, AT_MS, { others: [before] })).toThrow(RangeError);
    }
    const apiKey = generateApiKey();
    const own = new Signer({ appId, apiKey });
    expect(() => own.sign(request, AT_MS, { others: [own] })).toThrow("no room for 2 signatures");
  });

  it("has as many as are read again, and no more", () => {
    const [now, before] = signersOf(stripe({ appId }));
    expect(now.mostSignatures).toBe(15); // and the time
    expect(() => now.sign(request, AT_MS, { others: Array<Signer>(15).fill(before) })).toThrow(
      RangeError,
    );
    expect(
      now.sign(request, AT_MS, { others: Array<Signer>(14).fill(before) }).headers,
    ).toHaveLength(1);
  });
});
