import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { KeyDefinition, Scheme } from "@lacre/core";
import { adyen } from "@lacre/schemes/adyen";
import { box } from "@lacre/schemes/box";
import { calendly } from "@lacre/schemes/calendly";
import { docusign } from "@lacre/schemes/docusign";
import { gitlab } from "@lacre/schemes/gitlab";
import { mercadoPago } from "@lacre/schemes/mercado-pago";
import { twitch } from "@lacre/schemes/twitch";
import { woocommerce } from "@lacre/schemes/woocommerce";
import { zendesk } from "@lacre/schemes/zendesk";
import { TestClock } from "../support/app.js";
import { type Arrival, Gate } from "../support/gate.js";

/* What is particular to one sender, and how it is attacked. What all presets do is in senders.spec.ts. */

const AT = 1_700_000_000;
const ISO = "2023-11-14T22:13:20Z";
const KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const OTHER = "another key, of thirty-two bytes or so";
const appId = "sender";
const sender = { appId, acknowledgeWeakness: true } as const;
const timeless = { ...sender, clock: new TestClock(AT * 1000) } as const;
const JSON_TYPE = ["Content-Type", "application/json"] as const;

const mac = (text: string, key: string | Buffer = KEY): Buffer =>
  createHmac("sha256", key).update(text).digest();
const hex = (text: string, key?: string): string => mac(text, key).toString("hex");
const base64 = (text: string, key?: string | Buffer): string => mac(text, key).toString("base64");

function gateOf(scheme: Scheme, keys: readonly Partial<KeyDefinition>[] = [{}]): Gate {
  const ring = keys.map((key) => ({
    apiKey: KEY,
    encoding: scheme.keyEncodings[0] as "text",
    ...key,
    schemes: [scheme.name],
  }));
  return new Gate(scheme, [{ appId, keys: ring }], new TestClock(AT * 1000));
}

describe("Adyen's standard webhooks", () => {
  const HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
  const gate = (): Gate => gateOf(adyen(timeless), [{ apiKey: HMAC_KEY }]);
  const item = {
    pspReference: "7914073381342284",
    merchantAccountCode: "TestMerchant",
    merchantReference: "INV:42",
    amount: { value: 1130, currency: "EUR" },
    eventCode: "AUTHORISATION",
    success: "true",
    reason: "not signed",
  };
  const text = "7914073381342284::TestMerchant:INV:42:1130:EUR:AUTHORISATION:true";
  const hmacSignature = base64(text, Buffer.from(HMAC_KEY, "hex"));
  const signed = (over: object = {}): object => ({
    NotificationRequestItem: { ...item, additionalData: { hmacSignature }, ...over },
  });
  const post = (body: string, headers: Arrival["headers"] = [JSON_TYPE]): Arrival => ({
    headers,
    body,
  });
  const message = (...notificationItems: object[]): Arrival =>
    post(JSON.stringify({ live: "false", notificationItems }));

  it("are taken, once, whatever stands beside what is signed", async () => {
    const one = gate();
    expect(await one.judge(message(signed()))).toBe("accepted");
    expect(await one.judge(message(signed({ reason: "another" })))).toBe("nonce-seen");
    expect(await one.judge(message(signed({ originalReference: "" })))).toBe("nonce-seen");
  });

  it("are taken with the key in small letters, as some consoles show it", async () => {
    const lower = gateOf(adyen(timeless), [{ apiKey: HMAC_KEY.toLowerCase() }]);
    expect(await lower.judge(message(signed()))).toBe("accepted");
  });

  const forged = { ...item, merchantReference: "NEVER", amount: { value: 5e5, currency: "EUR" } };
  const body = JSON.stringify({ notificationItems: [signed()] });
  it.each<[string, Arrival, string]>([
    [
      "a second item",
      message(signed(), { NotificationRequestItem: forged }),
      "credentials-malformed",
    ],
    [
      "an item before it",
      message({ NotificationRequestItem: forged }, signed()),
      "credentials-malformed",
    ],
    [
      "a colon that moves from one field to the next",
      message(signed({ merchantAccountCode: "TestMerchant:INV", merchantReference: "42" })),
      "credentials-malformed",
    ],
    [
      "another amount",
      message(signed({ amount: { value: 1, currency: "EUR" } })),
      "signature-mismatch",
    ],
    ["another outcome", message(signed({ success: "false" })), "signature-mismatch"],
    ["a field that was added", message(signed({ originalReference: "8" })), "signature-mismatch"],
    [
      "a field twice, of which a parser takes the last",
      post(body.replace('"success":"true"', '"success":"true","success":"false"')),
      "credentials-malformed",
    ],
    [
      "a list where a text is signed",
      message(signed({ pspReference: ["7914073381342284"] })),
      "credentials-malformed",
    ],
    ["an object for the list", post(body.replace(/\[(.*)\]/, '{"[0]":$1}')), "credentials-missing"],
    ["no signature", message(signed({ additionalData: {} })), "credentials-missing"],
    [
      "a signature of another length",
      message(signed({ additionalData: { hmacSignature: hmacSignature.slice(4) } })),
      "signature-malformed",
    ],
    ["no items", message(), "credentials-missing"],
    ["no JSON", post('{"notificationItems":[accepted]}'), "credentials-malformed"],
    ["a content that nobody says to be JSON", post(body, []), "credentials-missing"],
  ])("are refused with %s", async (_what, arrival, code) => {
    const one = gate();
    expect(await one.judge(arrival)).toBe(code);
    expect(one.claimed).toEqual([]);
  });
});

describe("Mercado Pago's messages", () => {
  const ORDER = "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3";
  const REQUEST = "2066ca19-c6f1-498a-be75-1923005edd06";
  interface Given {
    readonly manifest: string;
    readonly target?: string;
    readonly ts?: string;
    readonly requestId?: string | undefined;
  }
  const send = ({ manifest, target = "/", ts = String(AT), requestId }: Given): Arrival => ({
    target,
    headers: [
      JSON_TYPE,
      ...(requestId === undefined ? [] : [["x-request-id", requestId] as const]),
      ["x-signature", `ts=${ts},v1=${hex(manifest)}`],
    ],
    body: "{}",
  });
  const whole = (id: string, ts = String(AT)): string => `id:${id};request-id:${REQUEST};ts:${ts};`;

  it.each<[string, Given, string]>([
    [
      "all three",
      { manifest: whole("1"), target: "/?data.id=1&type=payment", requestId: REQUEST },
      "accepted",
    ],
    [
      "a time in milliseconds",
      {
        manifest: whole("1", `${AT}683`),
        target: "/?data.id=1",
        ts: `${AT}683`,
        requestId: REQUEST,
      },
      "accepted",
    ],
    ["no id", { manifest: `request-id:${REQUEST};ts:${AT};`, requestId: REQUEST }, "accepted"],
    ["no request id", { manifest: `id:1;ts:${AT};`, target: "/?data.id=1" }, "accepted"],
    ["neither", { manifest: `ts:${AT};` }, "accepted"],
    [
      "an id with capitals",
      { manifest: whole(ORDER), target: `/?data.id=${ORDER}`, requestId: REQUEST },
      "accepted",
    ],
    [
      "another id",
      { manifest: whole("1"), target: "/?data.id=2", requestId: REQUEST },
      "signature-mismatch",
    ],
    ["the id taken away", { manifest: whole("1"), requestId: REQUEST }, "signature-mismatch"],
    [
      "an id that was added",
      { manifest: `request-id:${REQUEST};ts:${AT};`, target: "/?data.id=1", requestId: REQUEST },
      "signature-mismatch",
    ],
    [
      "the request id taken away",
      { manifest: whole("1"), target: "/?data.id=1" },
      "signature-mismatch",
    ],
    [
      "a second id",
      { manifest: whole("1"), target: "/?data.id=1&data.id=2", requestId: REQUEST },
      "target-malformed",
    ],
    [
      "the request id moved into the id",
      { manifest: whole("1"), target: `/?data.id=1;request-id:${REQUEST}` },
      "target-malformed",
    ],
    [
      "a time of eleven digits",
      { manifest: whole("1", `${AT}6`), target: "/?data.id=1", ts: `${AT}6`, requestId: REQUEST },
      "timestamp-malformed",
    ],
    [
      "an id signed in small letters",
      { manifest: whole(ORDER.toLowerCase()), target: `/?data.id=${ORDER}`, requestId: REQUEST },
      "signature-mismatch",
    ],
  ])("with %s", async (_what, given, code) =>
    expect(await gateOf(mercadoPago(sender)).judge(send(given))).toBe(code),
  );

  it("with an id signed in small letters are taken where that is said, and once in any letters", async () => {
    const gate = gateOf(mercadoPago({ ...sender, dataId: "lower-case" }));
    const manifest = whole(ORDER.toLowerCase());
    const to = (id: string): Arrival =>
      send({ manifest, target: `/?data.id=${id}`, requestId: REQUEST });
    expect(await gate.judge(to(ORDER))).toBe("accepted");
    expect(await gate.judge(to(ORDER.toLowerCase()))).toBe("nonce-seen");
  });

  it("say at the start what is not signed", () => {
    const said = (options: object): string =>
      mercadoPago({ appId, ...options }).weaknesses?.join() ?? "";
    expect(said({})).toMatch(/content is not signed/);
    expect(said({ dataId: "lower-case" })).toMatch(/in small letters/);
    expect(said({ acknowledgeWeakness: true })).toBe("");
  });

  it("of QR codes have no signature, and are refused", async () =>
    expect(await gateOf(mercadoPago(sender)).judge({ headers: [JSON_TYPE], body: "{}" })).toBe(
      "credentials-missing",
    ));
});

describe("one header for each key", () => {
  const docusignHeaders = (...keys: string[]): (readonly [string, string])[] =>
    keys.map((key, i) => [`X-DocuSign-Signature-${i + 1}`, base64("{}", key)]);

  it.each<[string, (readonly [string, string])[], string]>([
    ["ours first", docusignHeaders(KEY, OTHER), "accepted"],
    ["ours last", docusignHeaders(OTHER, KEY), "accepted"],
    ["ours alone, at its number", docusignHeaders(OTHER, KEY).slice(1), "accepted"],
    ["none of ours", docusignHeaders(OTHER, OTHER), "signature-mismatch"],
    ["an eleventh alone", [["X-DocuSign-Signature-11", base64("{}")]], "credentials-missing"],
    ["one twice", [...docusignHeaders(OTHER), ...docusignHeaders(KEY)], "header-repeated"],
  ])("Docusign: %s", async (_what, headers, code) =>
    expect(
      await gateOf(docusign(timeless)).judge({ headers: [JSON_TYPE, ...headers], body: "{}" }),
    ).toBe(code),
  );

  it("Box: either key of a ring in either header, within ten minutes", async () => {
    const headers = (primary: string, secondary: string): Arrival["headers"] => [
      JSON_TYPE,
      ["BOX-DELIVERY-TIMESTAMP", ISO],
      ["BOX-SIGNATURE-PRIMARY", base64(`{}${ISO}`, primary)],
      ["BOX-SIGNATURE-SECONDARY", base64(`{}${ISO}`, secondary)],
    ];
    const judge = (primary: string, secondary: string, later = 0): Promise<string> => {
      const gate = gateOf(box(sender), [{ id: "a" }, { id: "b", apiKey: OTHER }]);
      gate.clock.advance(later);
      return gate.judge({ headers: headers(primary, secondary), body: "{}" });
    };
    expect(await judge(KEY, "no key of ours")).toBe("accepted");
    expect(await judge("no key of ours", KEY)).toBe("accepted");
    expect(await judge("no key of ours", OTHER)).toBe("accepted");
    expect(await judge("no key", "of ours")).toBe("signature-mismatch");
    expect(await judge(KEY, OTHER, 600)).toBe("accepted");
    expect(await judge(KEY, OTHER, 601)).toBe("timestamp-too-old");
  });
});

describe("an id next to a time", () => {
  const send = (id: string, at: string, body: string, signed = id + at + body): Arrival => ({
    headers: [
      JSON_TYPE,
      ["Twitch-Eventsub-Message-Id", id],
      ["Twitch-Eventsub-Message-Timestamp", at],
      ["Twitch-Eventsub-Message-Signature", `sha256=${hex(signed)}`],
    ],
    body,
  });
  const NANOS = "2023-11-14T22:13:20.634234626Z";

  it.each<[string, Arrival, string]>([
    ["a UUID", send("e76c6bd4-55c9-4987-8304-da1588d8988b", NANOS, "{}"), "accepted"],
    ["base64", send("kPBOb2BxMN+1/Y0=", ISO, "{}"), "accepted"],
    [
      "the year moved into the id",
      send("x2", ISO.slice(1), "{}", `x${ISO}{}`),
      "timestamp-malformed",
    ],
    [
      "the time moved into the id",
      send(`x${ISO}`, ISO, "{}", `x${ISO}${ISO}{}`),
      "nonce-malformed",
    ],
    [
      "a digit moved into the time",
      send("x", `1${ISO}`, "{}", `x1${ISO}{}`),
      "timestamp-malformed",
    ],
  ])("%s", async (_what, arrival, code) =>
    expect(await gateOf(twitch(sender)).judge(arrival)).toBe(code),
  );
});

describe("other traps", () => {
  it("Zendesk sends GET and DELETE without content, and nobody may add some", async () => {
    const headers: Arrival["headers"] = [
      ["X-Zendesk-Webhook-Signature", base64(ISO)],
      ["X-Zendesk-Webhook-Signature-Timestamp", ISO],
    ];
    const gate = gateOf(zendesk(sender));
    expect(
      await gate.judge({ method: "DELETE", headers: [JSON_TYPE, ...headers], body: "{}" }),
    ).toBe("signature-mismatch");
    expect(await gate.judge({ method: "DELETE", target: "/?ticket=7", headers })).toBe("accepted");
    expect(await gate.judge({ method: "GET", headers })).toBe("nonce-seen");
  });

  it("Calendly's messages are good for three minutes", async () => {
    const headers: Arrival["headers"] = [
      JSON_TYPE,
      ["Calendly-Webhook-Signature", `t=${AT},v1=${hex(`${AT}.{}`)}`],
    ];
    for (const [later, code] of [
      [180, "accepted"],
      [181, "timestamp-too-old"],
    ] as const) {
      const gate = gateOf(calendly(sender));
      gate.clock.advance(later);
      expect(await gate.judge({ headers, body: "{}" })).toBe(code);
    }
  });

  it("GitLab's secret token opens nothing", async () => {
    const apiKey = `whsec_${Buffer.from(KEY).toString("base64")}`;
    for (const token of [apiKey, KEY])
      expect(
        await gateOf(gitlab(sender), [{ apiKey }]).judge({
          headers: [JSON_TYPE, ["X-Gitlab-Token", token]],
          body: "{}",
        }),
      ).toBe("credentials-missing");
  });

  it("WooCommerce signs with nothing where a store has lost the secret", async () =>
    expect(
      await gateOf(woocommerce(timeless)).judge({
        headers: [JSON_TYPE, ["X-WC-Webhook-Signature", ""]],
        body: "{}",
      }),
    ).toBe("signature-malformed"));
});
