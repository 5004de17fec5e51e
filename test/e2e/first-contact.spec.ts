import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post, Query, UseGuards } from "@nestjs/common";
import { AuthGuard } from "@nestjs/passport";
import { HmacGuard, HmacPrincipal, HmacProtected, HmacPublic } from "@lacre/nestjs";
import type { Handshake } from "@lacre/schemes/body-signature";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import {
  appOf,
  ask,
  CRC,
  FORM_TYPE,
  GRAPH,
  JSON_TYPE,
  keyOf,
  LINE,
  macOf,
  META,
  META_TOKEN,
  OKTA,
  post,
  sender,
  SLACK,
  TWITCH,
  WOO,
  ZOOM,
} from "../support/senders.js";

/*
 * What senders send before any message is answered without a handler, and opens nothing: attacked by somebody who knows
 * the paths, and no key.
 */

let runs: string[] = [];
let kept: { found: Readonly<Record<string, string>>; appId: string | undefined; path: string }[] =
  [];
let expects = true;
beforeEach(() => {
  runs = [];
  kept = [];
  expects = true;
});
const ran = (name: string): string => {
  runs.push(name);
  return `handler ${name}`;
};

const keep: NonNullable<Handshake["keep"]> = async (found, { appId, path }) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  if (found["header:x-hook-secret"] === "explode") throw new Error("no database");
  if (!expects) return false;
  kept.push({ found, appId, path });
  return true;
};
const ASANA: Handshake = {
  name: "X-Hook-Secret",
  signed: false,
  headers: { "x-hook-secret": "{token}" },
  answer: { headers: { "x-hook-secret": "{header:x-hook-secret}" } },
  keep,
};
const NOTION: Handshake = {
  name: "verification_token",
  signed: false,
  fields: { verification_token: "{token}" },
  keep,
};

const zoomLike = {
  timestampHeader: "x-zoom-timestamp",
  template: "v0:{timestamp}:{body}",
} as const;

const SCHEMES = [
  "lacre1" as const,
  sender("woo", WOO),
  sender("asana", ASANA),
  sender("meta", META),
  sender("meta2", { ...META, query: { ...META.query, "hub.verify_token": "another token" } }),
  sender("slack", SLACK),
  sender("zoom", ZOOM, zoomLike),
  sender("line", LINE),
  sender("twitch", TWITCH),
  sender("notion", NOTION),
  sender("crc", CRC),
  sender("graph", GRAPH),
  sender("okta", OKTA),
  sender("silent", undefined),
];
const NAMES = SCHEMES.flatMap((each) => (typeof each === "string" ? [] : [each.name]));

@Controller("hooks")
class HooksController {
  @Post("woo")
  @HmacProtected({ schemes: ["woo"] })
  woo() {
    return ran("woo");
  }
  @Post("asana")
  @HmacProtected({ schemes: ["asana"] })
  asana() {
    return ran("asana");
  }
  @Post("meta")
  @HmacProtected({ schemes: ["meta"] })
  meta() {
    return ran("meta");
  }
  @Post("metas")
  @HmacProtected({ schemes: ["meta", "meta2"] })
  metas(@HmacPrincipal("appId") appId: string) {
    return ran(`metas by ${appId}`);
  }
  @Post("slack")
  @HmacProtected({ schemes: ["slack"] })
  slack() {
    return ran("slack");
  }
  @Post("zoom")
  @HmacProtected({ schemes: ["zoom"] })
  zoom() {
    return ran("zoom");
  }
  @Post("line")
  @HmacProtected({ schemes: ["line"] })
  line() {
    return ran("line");
  }
  @Post("twitch")
  @HmacProtected({ schemes: ["twitch"] })
  twitch() {
    return ran("twitch");
  }
  @Post("notion")
  @HmacProtected({ schemes: ["notion"] })
  notion() {
    return ran("notion");
  }
  @Post("crc")
  @HmacProtected({ schemes: ["crc"] })
  crc(@Body() _body: unknown) {
    return ran("crc");
  }
  @Post("graph")
  @HmacProtected({ schemes: ["graph"] })
  graph() {
    return ran("graph");
  }
  @Post("okta")
  @HmacProtected({ schemes: ["okta"] })
  okta() {
    return ran("okta");
  }
  @Post("silent")
  @HmacProtected({ schemes: ["silent"] })
  silent() {
    return ran("silent");
  }
  @Post("tenants/:tenant/meta")
  @HmacProtected({ schemes: ["meta"] })
  tenant() {
    return ran("tenant");
  }
  @Post("own")
  @HmacProtected({ schemes: ["meta", "woo"] })
  own() {
    return ran("own");
  }
  @Get("own")
  @HmacPublic()
  ownGet(@Query("hub.challenge") challenge: string) {
    return ran(`ownGet ${challenge}`);
  }
  @Post("guarded")
  @UseGuards(HmacGuard)
  guarded() {
    return ran("guarded");
  }
  @Post("passport")
  @UseGuards(AuthGuard("hmac"))
  passport() {
    return ran("passport");
  }
}

@Controller("open")
class OpenController {
  @Post("public")
  @HmacPublic()
  anybody() {
    return ran("public");
  }
  @Post("unmarked")
  unmarked() {
    return ran("unmarked");
  }
  @Post("lacre")
  @HmacProtected({ schemes: ["lacre1"] })
  lacre() {
    return ran("lacre");
  }
}

const hubQuery = (challenge: string, token = META_TOKEN, mode = "subscribe"): string =>
  `hub.mode=${mode}&hub.challenge=${challenge}&hub.verify_token=${encodeURIComponent(token)}`;

describe.each(PLATFORMS)("first contact on %s", (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [HooksController, OpenController],
      hmac: {
        schemes: SCHEMES,
        apps: [
          { appId: "demo", apiKey: DEMO_KEY, schemes: ["lacre1"] },
          ...NAMES.map((name) => appOf(name)),
        ],
      },
    });
  });
  afterAll(() => app.close());

  const get = (target: string, headers = {}) => ask(app.port, "GET", target, headers);
  const unsigned = (target: string, headers = {}, body = "") =>
    ask(app.port, "POST", target, headers, body);
  const last = () => app.verdicts.at(-1);

  describe("is answered", () => {
    it("to WooCommerce: an unsigned form with an id", async () => {
      const answer = await unsigned("/hooks/woo", FORM_TYPE, "webhook_id=7");
      expect([answer.status, answer.body]).toEqual([200, ""]);
      expect(last()).toMatchObject({
        outcome: "greeted",
        scheme: "woo",
        contact: "ping",
        status: 200,
        proven: false,
        appId: "woo",
      });
    });

    it("to Asana: the secret comes back, and the application has kept it", async () => {
      for (const body of ["", "{}"]) {
        const answer = await unsigned(
          "/hooks/asana",
          { "X-Hook-Secret": "b537207f20cbfa02" },
          body,
        );
        expect(answer.status).toBe(200);
        expect(answer.headers.get("x-hook-secret")).toBe("b537207f20cbfa02");
      }
      expect(kept).toEqual([
        {
          found: { "header:x-hook-secret": "b537207f20cbfa02" },
          appId: "asana",
          path: "/hooks/asana",
        },
        {
          found: { "header:x-hook-secret": "b537207f20cbfa02" },
          appId: "asana",
          path: "/hooks/asana",
        },
      ]);
    });

    it("to Meta: a GET where the application has a POST alone", async () => {
      const answer = await get(`/hooks/meta?${hubQuery("1158201444")}`);
      expect([answer.status, answer.body]).toEqual([200, "1158201444"]);
      expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("cache-control")).toContain("no-store");
      const tenant = await get(`/hooks/tenants/7/meta?${hubQuery("2")}`);
      expect([tenant.status, tenant.body]).toEqual([200, "2"]);
    });

    it("to Meta where the URL has a query of its own, of which nothing comes back", async () => {
      for (const query of [`tenant=7&${hubQuery("3")}`, `${hubQuery("3")}&callback=alert`]) {
        const answer = await get(`/hooks/meta?${query}`);
        expect([answer.status, answer.body]).toEqual([200, "3"]);
        expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      }
      expect((await get("/hooks/metas?a=1&" + hubQuery("4", "another token"))).body).toBe("4");
      // No text tells this one from what an application is asked for.
      expect((await get("/hooks/crc?crc_token=abc&callback=alert")).status).toBe(404);
    });

    it("by each of two that one route takes, by its own token", async () => {
      for (const token of [META_TOKEN, "another token"]) {
        const answer = await get(`/hooks/metas?${hubQuery("77", token)}`);
        expect([answer.status, answer.body]).toEqual([200, "77"]);
      }
      expect(last()).toMatchObject({ scheme: "meta2" });
    });

    it("to Slack, Twitch and Zoom: signed", async () => {
      const slack = JSON.stringify({
        token: "t",
        challenge: "3eZbrw1aBm2rZgRNFdx",
        type: "url_verification",
      });
      expect(await post(app.port, "/hooks/slack", "slack", slack)).toMatchObject({
        status: 200,
        body: "3eZbrw1aBm2rZgRNFdx",
      });
      expect(last()).toMatchObject({ outcome: "greeted", proven: true, appId: "slack" });
      const twitch = JSON.stringify({
        challenge: "pogchamp-kappa-360noscope-vohiyo",
        subscription: { id: "f1c2", status: "webhook_callback_verification_pending", type: "x" },
      });
      expect(await post(app.port, "/hooks/twitch", "twitch", twitch)).toMatchObject({
        status: 200,
        body: "pogchamp-kappa-360noscope-vohiyo",
      });
      const answer = await zoom("qgg8vlvZRS6UYooatFL8Aw");
      expect(JSON.parse(answer.body)).toEqual({
        plainToken: "qgg8vlvZRS6UYooatFL8Aw",
        encryptedToken: macOf("zoom", "qgg8vlvZRS6UYooatFL8Aw"),
      });
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    });

    it("to LINE: the same bytes each time, and never a nonce", async () => {
      const body = JSON.stringify({ destination: "U0123", events: [] });
      for (let i = 0; i < 3; i++)
        expect((await post(app.port, "/hooks/line", "line", body)).status).toBe(200);
    });

    it("to Notion: the token is kept", async () => {
      const body = JSON.stringify({
        verification_token: "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl",
      });
      expect((await unsigned("/hooks/notion", JSON_TYPE, body)).status).toBe(200);
      expect(kept[0]?.found).toEqual(
        JSON.parse(`{"field:verification_token":${body.slice(22, -1)}}`),
      );
    });

    it("to senders that no preset names: X, Microsoft Graph, Okta", async () => {
      const crc = await get("/hooks/crc?crc_token=challenge_string");
      expect(JSON.parse(crc.body)).toEqual({
        response_token: `sha256=${macOf("crc", "challenge_string")}`,
      });
      const text =
        "Validation: Testing client application reachability for subscription Request-Id: 4b1a";
      const graph = await unsigned(
        `/hooks/graph?validationToken=${encodeURIComponent(text).replaceAll("%20", "+")}`,
        { "Content-Type": "text/plain; charset=utf-8" },
      );
      expect([graph.status, graph.body]).toEqual([200, text]);
      const okta = await get("/hooks/okta", { "X-Okta-Verification-Challenge": "abc-1" });
      expect(JSON.parse(okta.body)).toEqual({ verification: "abc-1" });
    });

    it("whatever the case of its charset, which is UTF-8 or none", async () => {
      for (const charset of ["", "; charset=utf-8", ";charset=UTF-8", '; Charset="utf-8"']) {
        const json = { "Content-Type": `application/json${charset}` };
        const form = { "Content-Type": `application/x-www-form-urlencoded${charset}` };
        const body = ' {"verification_token" : "a\\u0062"} ';
        expect((await unsigned("/hooks/notion", json, body)).status).toBe(200);
        expect((await unsigned("/hooks/woo", form, "webhook_id=7")).status).toBe(200);
      }
      expect(kept.map(({ found }) => found["field:verification_token"])).toEqual(
        Array(4).fill("ab"),
      );
    });

    it("in chunks as well", async () => {
      const { send } = await import("../support/wire.js");
      const answer = await send(app.port, {
        method: "POST",
        target: "/hooks/woo",
        headers: [["Host", "hooks.example"], ...Object.entries(FORM_TYPE)],
        body: Buffer.from("webhook_id=7"),
        chunked: true,
      });
      expect(answer.status).toBe(200);
    });
  });

  const zoom = (plainToken: string, key?: string) => {
    const body = JSON.stringify({
      payload: { plainToken },
      event_ts: 1654503849680,
      event: "endpoint.url_validation",
    });
    const timestamp = String(Math.floor(Date.now() / 1000));
    return ask(
      app.port,
      "POST",
      "/hooks/zoom",
      {
        ...JSON_TYPE,
        "X-Zoom-Signature": macOf("zoom", `v0:${timestamp}:${body}`, "hex", key),
        "X-Zoom-Timestamp": timestamp,
      },
      body,
    );
  };

  it("runs no handler, whatever was answered", async () => {
    await unsigned("/hooks/woo", FORM_TYPE, "webhook_id=7");
    await get(`/hooks/meta?${hubQuery("1")}`);
    await post(app.port, "/hooks/line", "line", '{"events":[]}');
    await zoom("abc");
    expect(app.verdicts.slice(-4).map(({ outcome }) => outcome)).toEqual(Array(4).fill("greeted"));
    expect(runs).toEqual([]);
  });

  it("leaves real messages to the handler, and each once", async () => {
    const body = JSON.stringify({ events: [{ type: "message" }] });
    expect((await post(app.port, "/hooks/line", "line", body)).status).toBe(201);
    expect((await post(app.port, "/hooks/line", "line", body)).status).toBe(401);
    const event = JSON.stringify({ type: "event_callback", challenge: "abc" });
    expect((await post(app.port, "/hooks/slack", "slack", event)).status).toBe(201);
    expect(runs).toEqual(["line", "slack"]);
  });

  describe("opens nothing", () => {
    const FORMS: readonly (readonly [string, () => Promise<{ status: number; body: string }>])[] = [
      ["a further field", () => unsigned("/hooks/woo", FORM_TYPE, "webhook_id=7&order=1")],
      ["the field twice", () => unsigned("/hooks/woo", FORM_TYPE, "webhook_id=7&webhook_id=8")],
      ["no number", () => unsigned("/hooks/woo", FORM_TYPE, "webhook_id=<b>")],
      ["another type", () => unsigned("/hooks/woo", JSON_TYPE, '{"webhook_id":"7"}')],
      ["no type", () => unsigned("/hooks/woo", {}, "webhook_id=7")],
      ["a long form", () => unsigned("/hooks/woo", FORM_TYPE, `webhook_id=7${"&".repeat(9000)}`)],
      [
        "an empty signature",
        () => unsigned("/hooks/woo", { ...FORM_TYPE, "X-Woo-Signature": "" }, "webhook_id=7"),
      ],
      [
        "a wrong signature",
        () =>
          unsigned(
            "/hooks/woo",
            { ...FORM_TYPE, "X-Woo-Signature": "0".repeat(64) },
            "webhook_id=7",
          ),
      ],
      [
        "credentials of another scheme of the route",
        () =>
          unsigned(
            "/hooks/own",
            { ...FORM_TYPE, "X-Meta-Signature": "0".repeat(64) },
            "webhook_id=7",
          ),
      ],
      [
        "coded content",
        () =>
          unsigned("/hooks/woo", { ...FORM_TYPE, "Content-Encoding": "identity" }, "webhook_id=7"),
      ],
      [
        "content beside a secret",
        () => unsigned("/hooks/asana", { "X-Hook-Secret": "abc" }, '{"a":1}'),
      ],
      ["a secret that is no word", () => unsigned("/hooks/asana", { "X-Hook-Secret": "a b" })],
      [
        "a token that is no text",
        () => unsigned("/hooks/notion", JSON_TYPE, '{"verification_token":["a"]}'),
      ],
      [
        "a field beside the token",
        () => unsigned("/hooks/notion", JSON_TYPE, '{"verification_token":"a","id":"1"}'),
      ],
      [
        "a prototype",
        () => unsigned("/hooks/notion", JSON_TYPE, '{"__proto__":{"verification_token":"a"}}'),
      ],
      ["a list", () => unsigned("/hooks/notion", JSON_TYPE, '[{"verification_token":"a"}]')],
      ...[
        '{"verification_token":"secret_abc","verification_token":"b"}',
        '{"verification_token":"b","verification\\u005ftoken":"b"}',
        '{"verification_token":"a","__proto__":{}}',
        '{"verification_token":"a","x":{}}',
        '{"verification_token":"a","x":[]}',
        '{"verification_token":"a","x":{"y":{}}}',
        '{"verification_token":"a","":{}}',
        '{"":{"verification_token":"a"}}',
        '{"verification_token":{},"verification_token":"a"}',
        '\ufeff{"verification_token":"a"}',
      ].map((body) => [body, () => unsigned("/hooks/notion", JSON_TYPE, body)] as const),
      ...[
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        'application/json; charset="utf-8',
        "application/json; charset=utf-8; charset=utf-16",
        "application/json;",
        "application/json, application/x-www-form-urlencoded",
        "application/jsonp",
        "text/plain",
      ].map(
        (type) =>
          [
            type,
            () => unsigned("/hooks/notion", { "Content-Type": type }, '{"verification_token":"a"}'),
          ] as const,
      ),
      ...[
        "webhook_id=7&webhook_id[]=8",
        "webhook_id[]=7",
        "webhook_id[0]=7",
        "%77ebhook_id=7&webhook_id=7",
        "?webhook_id=7",
        "webhook_id=7&=",
        "webhook_id=7&%",
        "\ufeffwebhook_id=7",
      ].map((body) => [body, () => unsigned("/hooks/woo", FORM_TYPE, body)] as const),
      ...["application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data"].map(
        (type) =>
          [type, () => unsigned("/hooks/woo", { "Content-Type": type }, "webhook_id=7")] as const,
      ),
      ["the contact of another sender", () => unsigned("/hooks/meta", FORM_TYPE, "webhook_id=7")],
      ["a sender without one", () => unsigned("/hooks/silent", FORM_TYPE, "webhook_id=7")],
      ["a route of another format", () => unsigned("/open/lacre", FORM_TYPE, "webhook_id=7")],
    ];
    it.each(FORMS)("with %s", async (_, request) => {
      const { status, body } = await request();
      expect([status, JSON.parse(body)]).toEqual([
        401,
        { statusCode: 401, message: "Unauthorized" },
      ]);
      expect(runs).toEqual([]);
      expect(kept).toEqual([]);
    });

    const QUERIES: readonly (readonly [string, string])[] = [
      ["markup", hubQuery("%3Cscript%3Ealert(1)%3C/script%3E")],
      ["a line feed", hubQuery("1%0d%0aSet-Cookie:%20a=b")],
      ["a long challenge", hubQuery("1".repeat(600))],
      ["no challenge", `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(META_TOKEN)}`],
      ["an empty challenge", hubQuery("")],
      ["two challenges", `${hubQuery("1")}&hub.challenge=2`],
      [
        "two tokens",
        `${hubQuery("1", "wrong")}&hub.verify_token=${encodeURIComponent(META_TOKEN)}`,
      ],
      ["something beside it and a wrong token", `${hubQuery("1", "wrong")}&callback=alert`],
      ["something beside it twice", `${hubQuery("1")}&a=1&a=2`],
      ["a list in place of a text", hubQuery("1").replace("hub.challenge", "hub.challenge[]")],
      ["a list beside a text", `${hubQuery("1")}&hub.challenge[]=2`],
      ["a second question mark", `?${hubQuery("1")}`],
      ["an escape that is none", `${hubQuery("1")}&a=%zz`],
    ];
    it.each(QUERIES)("with %s: as if there were no first contact", async (_, query) => {
      const answer = await get(`/hooks/meta?${query}`);
      expect(answer.status).toBe(404);
      expect(answer.body).not.toContain("<script");
      expect(answer.headers.get("set-cookie")).toBeUndefined();
    });

    it("with a wrong token: 401, and the log alone knows why", async () => {
      for (const token of ["", "wrong", `${META_TOKEN} `, META_TOKEN.toUpperCase()]) {
        const answer = await get(`/hooks/meta?${hubQuery("1158201444", token)}`);
        expect([answer.status, JSON.parse(answer.body)]).toEqual([
          401,
          { statusCode: 401, message: "Unauthorized" },
        ]);
        expect(last()).toMatchObject({ outcome: "refused", code: "credentials-missing" });
        const { note = "" } = last() as { note?: string };
        expect(note).toContain("query hub.verify_token");
        expect(note).not.toContain(META_TOKEN);
      }
      expect((await get(`/hooks/meta?${hubQuery("1", META_TOKEN, "unsubscribe")}`)).status).toBe(
        401,
      );
    });

    it("on other paths and methods", async () => {
      const query = hubQuery("1158201444");
      for (const path of [
        "/hooks",
        "/hooks/",
        "/hooks/meta/",
        "/hooks/meta/x",
        "/hooks/slack",
        "/hooks/silent",
        "/open/public",
        "/open/unmarked",
        "/open/lacre",
        "/nowhere",
        "//hooks/meta",
        "/hooks/%6deta/..",
      ]) {
        const answer = await get(`${path}?${query}`);
        expect([path, answer.body.includes("1158201444") && answer.status === 200]).toEqual([
          path,
          path === "/hooks/meta/" && platform === "express",
        ]);
      }
      for (const method of ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = await ask(app.port, method, `/hooks/meta?${query}`, {}, "");
        expect([method, answer.body]).not.toEqual([method, "1158201444"]);
        expect([200, 204]).not.toContain(method === "OPTIONS" ? 0 : answer.status);
      }
      expect(runs).toEqual([]);
    });

    it("leaves routes alone that nothing protects", async () => {
      expect((await unsigned("/open/public", FORM_TYPE, "webhook_id=7")).body).toBe(
        "handler public",
      );
      expect((await unsigned("/open/unmarked", FORM_TYPE, "webhook_id=7")).body).toBe(
        "handler unmarked",
      );
    });

    it("takes no request from a handler that the application has for it", async () => {
      expect((await get(`/hooks/own?${hubQuery("9")}`)).body).toBe("handler ownGet 9");
    });
  });

  describe("of a signed one", () => {
    it("needs the right key", async () => {
      const answers = [
        await zoom("abc", keyOf("other")),
        await post(app.port, "/hooks/line", "line", '{"events":[]}', {
          "X-Line-Signature": "0".repeat(64),
        }),
        await unsigned("/hooks/line", JSON_TYPE, '{"events":[]}'),
        await unsigned("/hooks/slack", JSON_TYPE, '{"type":"url_verification","challenge":"a"}'),
        await post(app.port, "/hooks/slack", "line", '{"type":"url_verification","challenge":"a"}'),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
      expect(runs).toEqual([]);
    });

    it("sends back nothing but a word", async () => {
      for (const challenge of [
        "<script>",
        "a b",
        "a\nb",
        "",
        "x".repeat(513),
        7,
        ["a"],
        { a: 1 },
        null,
      ]) {
        const body = JSON.stringify({ type: "url_verification", challenge });
        const answer = await post(app.port, "/hooks/slack", "slack", body);
        expect([answer.status, answer.body]).toEqual([201, "handler slack"]); // a message like any other
      }
    });

    it("is held to the window", async () => {
      const body = '{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}';
      const timestamp = String(Math.floor(Date.now() / 1000) - 400);
      const headers = {
        "X-Zoom-Timestamp": timestamp,
        "X-Zoom-Signature": macOf("zoom", `v0:${timestamp}:${body}`),
      };
      expect(
        (await ask(app.port, "POST", "/hooks/zoom", { ...JSON_TYPE, ...headers }, body)).status,
      ).toBe(401);
      expect(app.lastCode()).toBe("timestamp-too-old");
    });

    it("gives away no MAC of a text that a message could have", async () => {
      for (const plainToken of ["v0:1700000000:{}", '{"a":1}', "v0:1:a", " ", "a,b"]) {
        const answer = await zoom(plainToken);
        expect([answer.status, answer.body]).toEqual([201, "handler zoom"]);
      }
    });
  });

  it("takes no message that was signed by asking", async () => {
    for (const word of ["12345", "true", "a.b", "null"]) {
      const { body } = await get(`/hooks/crc?crc_token=${word}`);
      const mac = (JSON.parse(body) as { response_token: string }).response_token.slice(7);
      for (const type of ["application/json", "text/plain", "application/octet-stream"]) {
        const answer = await ask(
          app.port,
          "POST",
          "/hooks/crc",
          { "Content-Type": type, "X-Crc-Signature": mac },
          word,
        );
        expect(answer.status).toBe(401);
      }
      expect(app.lastCode()).toBe("content-mismatch");
    }
    for (const text of ['{"a":1}', "[1]", '"a"', "a b", "{}"])
      expect((await get(`/hooks/crc?crc_token=${encodeURIComponent(text)}`)).status).toBe(404);
    expect(runs).toEqual([]);
    expect((await post(app.port, "/hooks/crc", "crc", '{"a":1}')).status).toBe(201);
  });

  it("asks the application, and takes its no and its failure", async () => {
    expects = false;
    const refused = await unsigned("/hooks/asana", { "X-Hook-Secret": "abc" });
    expect([refused.status, refused.headers.get("x-hook-secret")]).toEqual([401, undefined]);
    expect(app.lastCode()).toBe("credentials-missing");
    expects = true;
    const failed = await unsigned("/hooks/asana", { "X-Hook-Secret": "explode" });
    expect([failed.status, failed.headers.get("x-hook-secret")]).toEqual([503, undefined]);
    expect(kept).toEqual([]);
  });

  it("tells the observer nothing of what was sent or answered", async () => {
    await unsigned("/hooks/asana", { "X-Hook-Secret": "b537207f20cbfa02" });
    await get(`/hooks/meta?${hubQuery("1158201444")}`);
    const told = JSON.stringify(app.verdicts.slice(-2));
    for (const secret of ["b537207f20cbfa02", "1158201444", META_TOKEN, keyOf("asana")])
      expect(told).not.toContain(secret);
  });
});
