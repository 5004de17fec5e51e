import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, Post } from "@nestjs/common";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { bodySignature } from "@lacre/schemes/body-signature";
import { stripe } from "@lacre/schemes/stripe";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

/*
 * Several endpoints and tenants of one sender: each has a key of its own, and opens nothing of another's. And messages that
 * share a route or an id.
 */

const AT = 1_700_000_000;
const JSON_TYPE: [string, string] = ["Content-Type", "application/json"];
const ORIGIN = "http://hooks.example.test";
const keyOf = (appId: string): string => `whsec_the secret of the endpoint of ${appId}`;
const TENANTS = ["one", "two", "three"];

const schemes = [
  "lacre1" as const,
  stripe({ appIdPath: "/hooks/:appId/stripe" }),
  bodySignature({
    name: "shops",
    appIdOf: ({ headers, query }) =>
      headers.get("x-shop") ?? new URLSearchParams(query).get("shop") ?? undefined,
    signatureHeader: "x-shop-signature",
    template: "{body}",
    acknowledgeWeakness: true,
    clock: new TestClock(AT * 1000),
  }),
  bodySignature({
    name: "deliveries",
    appId: "deliveries",
    signatureHeader: "x-signature",
    idHeader: "x-delivery",
    template: "{body}",
    acknowledgeWeakness: true,
    clock: new TestClock(AT * 1000),
  }),
  bodySignature({
    name: "inside",
    appId: "inside",
    signatureField: "signature",
    timestampField: "at",
    template: "{timestamp}:{field:id}",
    acknowledgeWeakness: true,
  }),
];
const text = { encoding: "text" } as const;
const apps = [
  { appId: "demo", apiKey: DEMO_KEY },
  ...TENANTS.map((appId) => ({ appId, apiKey: keyOf(appId), ...text, schemes: ["stripe"] })),
  ...["shop-1", "shop-2"].map((appId) => ({
    appId,
    apiKey: keyOf(appId),
    ...text,
    schemes: ["shops"],
  })),
  ...["deliveries", "inside"].map((appId) => ({
    appId,
    apiKey: keyOf(appId),
    ...text,
    schemes: [appId],
  })),
];

@Controller("hooks")
class Hooks {
  @Post(":tenant/stripe")
  @HmacProtected({ schemes: ["stripe"] })
  stripe(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return { appId };
  }
  @Post("shops")
  @HmacProtected({ schemes: ["shops"] })
  shops(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return { appId };
  }
  @Post("deliveries")
  @HmacProtected({ schemes: ["deliveries"] })
  deliveries(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return { appId };
  }
  @Post("inside")
  @HmacProtected({ schemes: ["inside", "lacre1"] })
  inside(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return { appId };
  }
}

const mac = (key: string, of: string): string => createHmac("sha256", key).update(of).digest("hex");

describe.each(PLATFORMS)("several of one sender on %s", (platform) => {
  let running: RunningApp;
  beforeAll(async () => {
    running = await startApp(platform, {
      controllers: [Hooks],
      hmac: { schemes, apps, origins: "*", clock: new TestClock(AT * 1000) },
    });
  });
  afterAll(() => running.close());

  const post = async (
    target: string,
    headers: [string, string][],
    body: string,
  ): Promise<string> => {
    const answer = await send(running.port, {
      method: "POST",
      target,
      headers: [
        ["Host", new URL(ORIGIN).host],
        ...(headers.some(([name]) => name === "Content-Type") ? [] : [JSON_TYPE]),
        ...headers,
      ],
      body: Buffer.from(body),
    });
    if (answer.status === 201) return (JSON.parse(answer.body) as { appId: string }).appId;
    const verdict = running.verdicts.at(-1);
    return verdict?.outcome === "refused" ? verdict.code : String(answer.status);
  };

  it("three endpoints of Stripe are three apps, and one's secret opens no other", async () => {
    const sendTo = (path: string, by: string, body: string): Promise<string> =>
      post(path, [["Stripe-Signature", `t=${AT},v1=${mac(keyOf(by), `${AT}.${body}`)}`]], body);
    for (const tenant of TENANTS)
      expect(await sendTo(`/hooks/${tenant}/stripe`, tenant, "{}")).toBe(tenant);
    for (const [to, by] of [
      ["one", "two"],
      ["two", "one"],
      ["two", "three"],
    ] as const)
      expect(await sendTo(`/hooks/${to}/stripe`, by, '{"n":1}')).toBe("signature-mismatch");
    expect(await sendTo("/hooks/nobody/stripe", "one", '{"n":1}')).toBe("app-unknown");
    expect(await sendTo("/hooks/shop-1/stripe", "shop-1", '{"n":1}')).toBe("key-unusable");
    expect(await sendTo("/hooks/demo%20/stripe", "one", '{"n":1}')).toBe("app-id-malformed");
  });

  it("a function of the request says whose key counts", async () => {
    const sendAs = (by: string, query: string, headers: [string, string][], body: string) =>
      post(`/hooks/shops${query}`, [["x-shop-signature", mac(keyOf(by), body)], ...headers], body);
    expect(await sendAs("shop-1", "", [["x-shop", "shop-1"]], "[1]")).toBe("shop-1");
    expect(await sendAs("shop-2", "?shop=shop-2", [], "[1]")).toBe("shop-2");
    expect(await sendAs("shop-1", "", [["x-shop", "shop-2"]], "[2]")).toBe("signature-mismatch");
    expect(await sendAs("shop-1", "", [], "[2]")).toBe("app-id-malformed");
  });

  it("the same bytes under two ids that nobody signs are two deliveries", async () => {
    const deliver = (id: string, body: string): Promise<string> =>
      post(
        "/hooks/deliveries",
        [
          ["x-signature", mac(keyOf("deliveries"), body)],
          ["x-delivery", id],
        ],
        body,
      );
    expect(await deliver("1", "{}")).toBe("deliveries");
    expect(await deliver("2", "{}")).toBe("deliveries");
    expect(await deliver("1", "{}")).toBe("nonce-seen");
    expect(await deliver("1", '{"n":1}')).toBe("deliveries"); // another message of that id
    expect(await deliver("a b", "{}")).toBe("nonce-malformed");
    expect(await deliver("3", '{"n":2}')).toBe("deliveries");
  });

  it("what was not as a format has it is named with its place and its form, for the log alone", async () => {
    const told = async (target: string, headers: [string, string][], body: string) => {
      await post(target, headers, body);
      const { message, note } = running.verdicts.at(-1) as { message: string; note?: string };
      return `${message}: ${note}`;
    };
    const signature = (value: string): [string, string][] => [["Stripe-Signature", value]];
    const right = "0".repeat(64);
    const inside = JSON.stringify({ id: "a", at: "soon", signature: right });
    expect([
      await told("/hooks/one/stripe", signature(`t=soon,v1=${right}`), "{}"),
      await told("/hooks/one/stripe", signature(`t=${AT},v1=secret`), "{}"),
      await told("/hooks/de%20mo/stripe", signature(`t=${AT},v1=${right}`), "{}"),
      await told("/hooks/one/stripe", [], "{}"),
      await told("/hooks/shops", [["x-shop-signature", right]], "{}"),
      await told("/hooks/inside", [], inside),
      await told("/hooks/inside", [["Content-Type", "multipart/form-data; boundary=x"]], "x"),
    ]).toEqual([
      "timestamp-malformed: t= in stripe-signature: it must be ten digits of Unix seconds",
      'signature-malformed: stripe-signature: it must be "v1=" and 64 characters of lower-case hexadecimal',
      "app-id-malformed: the path must be /hooks/:appId/stripe, with an AppId in place of :appId",
      "credentials-missing: the route takes stripe (header stripe-signature)",
      "app-id-malformed: appIdOf must return an AppId",
      "timestamp-malformed: at in the content: it must be ten digits of Unix seconds",
      "credentials-missing: the route takes inside (signature in JSON or a form, never in multipart content), lacre1",
    ]);
  });

  it("credentials in the content are read when it is there, and share a route with others", async () => {
    const body = (id: string, at = String(AT), by = "inside", n = 1): string =>
      JSON.stringify({ n, id, at, signature: mac(keyOf(by), `${at}:${id}`) });
    expect(await post("/hooks/inside", [], body("a"))).toBe("inside");
    expect(await post("/hooks/inside", [], body("a"))).toBe("nonce-seen");
    expect(await post("/hooks/inside", [], body("b", String(AT - 301)))).toBe("timestamp-too-old");
    expect(await post("/hooks/inside", [], body("b", String(AT - 90_000)))).toBe(
      "timestamp-absurd",
    );
    expect(await post("/hooks/inside", [], body("b", "soon"))).toBe("timestamp-malformed");
    expect(await post("/hooks/inside", [], body("b", undefined, "demo"))).toBe(
      "signature-mismatch",
    );
    expect(await post("/hooks/inside", [], '{"id":"b"}')).toBe("credentials-missing");
    expect(await post("/hooks/inside", [], '{"id":"b","id":"c"}')).toBe("credentials-malformed");
    expect(await post("/hooks/inside", [], "{")).toBe("credentials-malformed");
    // Elsewhere content of that type is no sign of them: the line must not name the wrong format.
    expect(await post("/hooks/deliveries", [], "{}")).toBe("credentials-missing");
    expect(await post("/hooks/deliveries", [], body("d"))).toBe("credentials-missing");
    const lacre1 = signed(
      running.port,
      {
        method: "POST",
        target: "/hooks/inside",
        headers: [["Content-Type", "application/json"]],
        content: Buffer.from(body("c")),
        body: Buffer.from(body("c")),
      },
      { clock: new TestClock(AT * 1000) },
    );
    expect((await send(running.port, lacre1)).body).toContain("demo");
  });
});
