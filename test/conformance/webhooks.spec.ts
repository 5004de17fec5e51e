import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { github } from "@lacre/schemes/github";
import { Signer, type Scheme } from "@lacre/core";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { Template } from "../../libs/schemes/src/body-signature/template/template.js";
import { TestClock } from "../support/app.js";
import { Gate, type Arrival } from "../support/gate.js";

type Lines = [string, string][];

// What the documentation of each sender prints, or its own tests.
const SLACK = {
  // docs.slack.dev, "Verifying requests from Slack"
  secret: "8f742231b10e8888abcd99yyyzzz85a5",
  at: 1_531_420_618,
  body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
  signature: "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
};
const STANDARD = {
  // standard-webhooks, libraries/javascript/src/webhook.test.ts
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  at: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const GITHUB = {
  // docs.github.com, "Validating webhook deliveries"
  secret: "It's a Secret to Everybody",
  at: 1_700_000_000,
  body: "Hello, World!",
  signature: "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
};
const STRIPE = { secret: `whsec_${"0123456789abcdef".repeat(2)}`, at: 1_700_000_000, body: "{}" };
const OTHER_KEY = "another key, of thirty-two bytes or so";

const appId = "sender";
const hmac = (
  key: string | Buffer,
  text: string | Buffer,
  encoding: "hex" | "base64" = "hex",
): string => createHmac("sha256", key).update(text).digest(encoding);

const slackHeaders = (over: { at?: string; signature?: string } = {}): Lines => [
  ["X-Slack-Request-Timestamp", over.at ?? String(SLACK.at)],
  ["X-Slack-Signature", over.signature ?? `v0=${SLACK.signature}`],
];
const standardHeaders = (over: { id?: string; at?: string; signature?: string } = {}): Lines => [
  ["webhook-id", over.id ?? STANDARD.id],
  ["webhook-timestamp", over.at ?? String(STANDARD.at)],
  ["webhook-signature", over.signature ?? `v1,${STANDARD.signature}`],
];
const githubHeaders = (signature = GITHUB.signature, delivery = "a"): Lines => [
  ["X-GitHub-Delivery", delivery],
  ["X-Hub-Signature-256", `sha256=${signature}`],
];
const stripeMac = (key = STRIPE.secret, at = STRIPE.at, body = STRIPE.body): string =>
  hmac(key, `${at}.${body}`);
const stripeHeaders = (value = `t=${STRIPE.at},v1=${stripeMac()}`): Lines => [
  ["Stripe-Signature", value],
];

/** A gate for one sender whose key is written as its sender writes it. */
function gateOf(scheme: Scheme, at: number | TestClock, ...secrets: string[]): Gate {
  const [encoding] = scheme.keyEncodings;
  const keys = secrets.map((apiKey) => ({ apiKey, encoding, schemes: [scheme.name] as const }));
  const clock = typeof at === "number" ? new TestClock(at * 1000) : at;
  return new Gate(scheme, [{ appId, keys }], clock);
}
const slackGate = (): Gate => gateOf(slack({ appId }), SLACK.at, SLACK.secret);
const standardGate = (): Gate => gateOf(standardWebhooks({ appId }), STANDARD.at, STANDARD.secret);
const stripeGate = (...secrets: string[]): Gate =>
  gateOf(stripe({ appId }), STRIPE.at, ...(secrets.length > 0 ? secrets : [STRIPE.secret]));
function githubGate(maxAge = 86_400): Gate {
  const clock = new TestClock(GITHUB.at * 1000);
  const scheme = github({ appId, clock, minKeyBytes: 16, maxAge });
  return gateOf(scheme, clock, GITHUB.secret);
}

describe("what the senders' documents print", () => {
  it.each<[string, () => Gate, Arrival]>([
    ["Slack", slackGate, { headers: slackHeaders(), body: SLACK.body }],
    ["Standard Webhooks", standardGate, { headers: standardHeaders(), body: STANDARD.body }],
    ["GitHub", () => githubGate(), { headers: githubHeaders(), body: GITHUB.body }],
  ])("%s: is taken, once, and with no other byte", async (_name, gate, arrival) => {
    const changed = `${String(arrival.body).slice(0, -1)}~`;
    expect(changed).not.toBe(arrival.body);
    const fresh = gate();
    for (const body of [changed, `${String(arrival.body)} `, String(arrival.body).slice(1), ""])
      expect(await fresh.judge({ ...arrival, body })).toBe("signature-mismatch");
    expect(fresh.claimed).toEqual([]);
    expect(await fresh.judge(arrival)).toBe("accepted");
    expect(await fresh.judge(arrival)).toBe("nonce-seen");
    expect(await fresh.judge({ ...arrival, method: "GET" })).toBe("nonce-seen");
  });

  it("gives the same text that Stripe's own library signs", async () => {
    // stripe-node, test/Webhook.spec.ts, with t=12345; computed with openssl.
    const template = new Template("{timestamp}.{body}", "template");
    const body = '{\n  "id": "evt_test_webhook",\n  "object": "event"\n}';
    expect(
      hmac(
        "whsec_test_secret",
        template.of(({ kind }) => (kind === "body" ? body : "12345")),
      ),
    ).toBe("2672d138c9a412830f3bfe2ecc5bfb3277cf6f5b49d0119d77dd6cb64da1257e");
    expect(await stripeGate().judge({ headers: stripeHeaders(), body: STRIPE.body })).toBe(
      "accepted",
    );
  });
});

describe("several signatures", () => {
  const mine = stripeMac();
  const next = stripeMac(OTHER_KEY);
  const verdict = (value: string, gate = stripeGate()): Promise<string> =>
    gate.judge({ headers: stripeHeaders(`t=${STRIPE.at},${value}`), body: STRIPE.body });
  const zeros = "0".repeat(64);

  it.each([
    ["the next key's first", `v1=${next},v1=${mine}`, "accepted"],
    ["the next key's last", `v1=${mine},v1=${next}`, "accepted"],
    ["another version first", `v0=${zeros},v1=${mine}`, "accepted"],
    ["another version last", `v1=${mine},v0=`, "accepted"],
    ["the next key's alone", `v1=${next}`, "signature-mismatch"],
    ["the right MAC under another version", `v0=${mine}`, "credentials-malformed"],
    ["nothing after the comma", `v1=${mine},`, "credentials-malformed"],
    ["a blank after the comma", `v1=${mine}, v1=${next}`, "accepted"],
    ["two blanks after the comma", `v1=${mine},  v1=${next}`, "credentials-malformed"],
    ["a second time", `v1=${mine},t=${STRIPE.at}`, "credentials-malformed"],
    ["seventeen", `v1=${mine},${"v0=x,".repeat(15)}v0=x`, "credentials-malformed"],
    ["5 kB", `v1=${mine},v0=${"x".repeat(5000)}`, "credentials-malformed"],
    ["capitals", `v1=${mine.toUpperCase()}`, "signature-malformed"],
    ["a MAC cut off", `v1=${mine.slice(0, -2)}`, "signature-malformed"],
    ["a MAC that goes on", `v1=${mine}00`, "signature-malformed"],
    ["an empty one", `v1=${mine},v1=`, "signature-malformed"],
    ["not US-ASCII", `v1=${mine},v1=é`, "header-malformed"],
  ])("%s", async (_name, value, code) => expect(await verdict(value)).toBe(code));

  it("are one message, whichever of them is shown, and in whatever company", async () => {
    const gate = stripeGate(STRIPE.secret, OTHER_KEY);
    expect(await verdict(`v1=${mine},v1=${next}`, gate)).toBe("accepted");
    for (const again of [
      `v1=${mine}`,
      `v1=${next}`,
      `v1=${next},v1=${mine}`,
      `v1=${zeros},v1=${mine}`,
      `v1=${"1".repeat(64)},v1=${mine}`,
      `v0=${zeros},v1=${next}`,
    ])
      expect([again, await verdict(again, gate)]).toEqual([again, "nonce-seen"]);
    expect(new Set(gate.claimed).size).toBe(1);
  });

  it("of Standard Webhooks: v1a is skipped, and a v1 that is wrong does not spoil the right one", async () => {
    const right = `v1,${STANDARD.signature}`;
    const wrong = `v1,${hmac(OTHER_KEY, "x", "base64")}`;
    for (const [signature, code] of [
      [`v1a,Zm9v ${wrong} ${right}`, "accepted"],
      [wrong, "signature-mismatch"],
      [`v1a,${STANDARD.signature}`, "credentials-malformed"],
      [`v2,${STANDARD.signature}`, "credentials-malformed"],
      [STANDARD.signature, "credentials-malformed"],
      [`${right} `, "accepted"], // RFC 9110 §5.5: white space around a value is not part of it
      [`${right}  ${right}`, "credentials-malformed"],
      [right.slice(0, -1), "signature-malformed"],
      [right.replace("+", "-").replace("/", "_"), "signature-malformed"],
      [`${right.slice(0, -2)}F=`, "signature-malformed"], // the same bytes, other stray bits
    ] as const)
      expect([
        signature,
        await standardGate().judge({
          headers: standardHeaders({ signature }),
          body: STANDARD.body,
        }),
      ]).toEqual([signature, code]);
  });
});

describe("the time", () => {
  it.each([
    ["as old as may be", 300, "accepted"],
    ["older", 301, "timestamp-too-old"],
    ["as far ahead as may be", -5, "accepted"],
    ["further ahead", -6, "timestamp-too-new"],
    ["a day ahead", -86_401, "timestamp-absurd"],
  ])("%s", async (_name, later, code) => {
    for (const [gate, arrival] of [
      [slackGate(), { headers: slackHeaders(), body: SLACK.body }],
      [standardGate(), { headers: standardHeaders(), body: STANDARD.body }],
      [stripeGate(), { headers: stripeHeaders(), body: STRIPE.body }],
    ] as const) {
      gate.clock.advance(later);
      expect(await gate.judge(arrival)).toBe(code);
    }
  });

  it("is refused from the future although Stripe's own library takes it, and not good later", async () => {
    const gate = stripeGate();
    gate.clock.advance(-60);
    const arrival = { headers: stripeHeaders(), body: STRIPE.body };
    expect(await gate.judge(arrival)).toBe("timestamp-too-new");
    gate.clock.advance(60);
    expect(await gate.judge(arrival)).toBe("nonce-seen");
  });

  it.each([
    "01700000000",
    "170000000",
    "1700000000000",
    "+1700000000",
    "1.7e9",
    "0x6553f100",
    "-1700000000",
    "1700000000.0",
    "1700000000 ",
    " 1700000000",
    "NaN",
    "",
  ])("is never written %j", async (at) => {
    const body = STRIPE.body;
    // Signed as it is written, so that nothing but the spelling is wrong.
    const value = `t=${at},v1=${hmac(STRIPE.secret, `${at}.${body}`)}`;
    expect(await stripeGate().judge({ headers: stripeHeaders(value), body })).toBe(
      "timestamp-malformed",
    );
    if (at === at.trim()) {
      const signature = `v0=${hmac(SLACK.secret, `v0:${at}:${SLACK.body}`)}`;
      const headers = slackHeaders({ at, signature });
      expect(await slackGate().judge({ headers, body: SLACK.body })).toBe("timestamp-malformed");
    }
  });

  it("cannot be left out", async () => {
    const body = STRIPE.body;
    expect(
      await stripeGate().judge({ headers: stripeHeaders(`v1=${hmac(STRIPE.secret, body)}`), body }),
    ).toBe("credentials-malformed");
    const [, signature] = slackHeaders() as [[string, string], [string, string]];
    expect(await slackGate().judge({ headers: [signature], body: SLACK.body })).toBe(
      "header-missing",
    );
  });
});

describe("moving a boundary", () => {
  const key = Buffer.from(STANDARD.secret.slice("whsec_".length), "base64");
  const sign = (text: string): string => `v1,${hmac(key, text, "base64")}`;

  it("does not turn one message of Standard Webhooks into another", async () => {
    // One text, three ways to cut it up. A sender that lets callers choose ids could be made to sign it.
    const at = String(STANDARD.at);
    const text = `a.${at}.b.${at}.c`;
    const signature = sign(text);
    const cut = (id: string, body: string): Promise<string> =>
      standardGate().judge({ headers: standardHeaders({ id, at, signature }), body });
    expect(await cut("a", `b.${at}.c`)).toBe("accepted");
    expect(await cut(`a.${at}.b`, "c")).toBe("nonce-malformed");
  });

  it.each(["", "a.b", "a b", "a\tb", "x".repeat(129), "ü"])("the id %j is none", async (id) => {
    const signature = sign(`${id}.${STANDARD.at}.${STANDARD.body}`);
    expect(
      await standardGate().judge({
        headers: standardHeaders({ id, signature }),
        body: STANDARD.body,
      }),
    ).toMatch(/^(?:nonce|header)-malformed$/);
  });
});

describe("good once", () => {
  const key = Buffer.from(STANDARD.secret.slice("whsec_".length), "base64");
  const later = (seconds: number): Arrival => {
    const at = String(STANDARD.at + seconds);
    const signature = `v1,${hmac(key, `${STANDARD.id}.${at}.${STANDARD.body}`, "base64")}`;
    return { headers: standardHeaders({ at, signature }), body: STANDARD.body };
  };

  it("means the message's id, so that one sent again is not taken again", async () => {
    const gate = standardGate();
    expect((await gate.admit(later(0))).nonce).toBe(STANDARD.id);
    gate.clock.advance(5);
    expect(await gate.judge(later(5))).toBe("nonce-seen");
  });

  it('means this very request with onceBy: "signature"', async () => {
    const scheme = standardWebhooks({ appId, onceBy: "signature" });
    const gate = gateOf(scheme, STANDARD.at, STANDARD.secret);
    expect(await gate.judge(later(0))).toBe("accepted");
    gate.clock.advance(5);
    expect(await gate.judge(later(5))).toBe("accepted");
    expect(await gate.judge(later(5))).toBe("nonce-seen");
    expect(await gate.judge(later(0))).toBe("nonce-seen");
  });

  it("means GitHub's content, whatever delivery id stands beside it, for as long as it is remembered", async () => {
    const gate = githubGate(600);
    const delivery = (id: string): Promise<string> =>
      gate.judge({ headers: githubHeaders(GITHUB.signature, id), body: GITHUB.body });
    expect(await delivery("a")).toBe("accepted");
    expect(await delivery("b")).toBe("nonce-seen");
    gate.clock.advance(600);
    expect(await delivery("c")).toBe("nonce-seen");
    gate.clock.advance(30); // … and the spread of the clocks: forgotten
    expect(await delivery("d")).toBe("accepted");
  });

  it("of two at once exactly one is taken", async () => {
    const gate = stripeGate();
    const arrival = { headers: stripeHeaders(), body: STRIPE.body };
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => gate.judge(arrival)));
    expect(verdicts.filter((verdict) => verdict === "accepted")).toHaveLength(1);
  });
});

describe("headers", () => {
  const body = STANDARD.body;
  it.each<[string, Lines, string]>([
    ["none", [], "credentials-missing"],
    ["no signature", standardHeaders().slice(0, 2), "credentials-missing"],
    ["no id", standardHeaders().slice(1), "header-missing"],
    ["two ids", [...standardHeaders(), ["webhook-id", "b"]], "header-repeated"],
    ["two times", [...standardHeaders(), ["Webhook-Timestamp", "1"]], "header-repeated"],
    ["two signatures", [...standardHeaders(), ["webhook-signature", "v1,x"]], "header-repeated"],
    ["a twin", [...standardHeaders(), ["webhook_id", "b"]], "header-ambiguous"],
    ["an empty signature", standardHeaders({ signature: "" }), "credentials-malformed"],
    ["100 kB", standardHeaders({ signature: "v1,".repeat(33_000) }), "credentials-malformed"],
    ["not US-ASCII", standardHeaders({ signature: "v1,\u00e9" }), "header-malformed"],
  ])("%s", async (_name, headers, code) => {
    const gate = standardGate();
    expect(await gate.judge({ headers, body })).toBe(code);
    expect(gate.claimed).toEqual([]);
  });

  it("a streamed route is closed: the MAC needs the content first", async () => {
    const arrival = { headers: standardHeaders(), body };
    expect(await standardGate().judge(arrival, { stream: true })).toBe("content-undigested");
  });
});

describe("Svix's names of the headers of Standard Webhooks", () => {
  it("stand in place of the usual ones", async () => {
    const scheme = standardWebhooks({ appId, headerPrefix: "svix" });
    const renamed = standardHeaders().map(([name, value]): [string, string] => [
      name.replace("webhook", "svix"),
      value,
    ]);
    const judge = (headers: Lines): Promise<string> =>
      gateOf(scheme, STANDARD.at, STANDARD.secret).judge({ headers, body: STANDARD.body });
    expect(await judge(renamed)).toBe("accepted");
    expect(await judge(standardHeaders())).toBe("credentials-missing");
    expect(() => standardWebhooks({ appId, headerPrefix: "a b" })).toThrow(
      "standardWebhooks.headerPrefix: must be 1 to 32 letters",
    );
  });
});

describe("sending", () => {
  const clock = new TestClock(1_700_000_000_000);
  const binary = Buffer.from([0, 1, 0x7f, 0x80, 0xc3, 0x28, 0xff, 0x0d, 0x0a]);
  const whsec = STANDARD.secret;

  it.each<[string, Scheme, string, (headers: Map<string, string>) => string]>([
    [
      "standardWebhooks",
      standardWebhooks({ appId }),
      whsec,
      (headers) =>
        `v1,${hmac(
          Buffer.from(whsec.slice(6), "base64"),
          Buffer.concat([
            Buffer.from(`${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.`),
            binary,
          ]),
          "base64",
        )}`,
    ],
    [
      "stripe",
      stripe({ appId }),
      STRIPE.secret,
      () => {
        const text = Buffer.concat([Buffer.from("1700000000."), binary]);
        return `t=1700000000,v1=${hmac(STRIPE.secret, text)}`;
      },
    ],
    [
      "slack",
      slack({ appId }),
      SLACK.secret,
      () => `v0=${hmac(SLACK.secret, Buffer.concat([Buffer.from("v0:1700000000:"), binary]))}`,
    ],
    [
      "github",
      github({ appId, clock }),
      STRIPE.secret,
      () => `sha256=${hmac(STRIPE.secret, binary)}`,
    ],
  ])("%s signs the bytes, whatever they are", async (_name, scheme, apiKey, expected) => {
    const signer = new Signer({ appId, apiKey, scheme, clock });
    const { headers } = signer.sign({ method: "POST", url: "https://a.test/", content: binary });
    expect(headers.at(-1)?.[1]).toBe(expected(new Map(headers)));
    const gate = gateOf(scheme, 1_700_000_000, apiKey);
    expect(await gate.judge({ headers: [...headers], body: binary })).toBe("accepted");
  });

  it("keeps the id of a message that is sent again, and signs no id that nobody would take", () => {
    const signer = new Signer({
      appId,
      apiKey: whsec,
      scheme: standardWebhooks({ appId }),
      clock,
    });
    const sign = (id: string): unknown =>
      new Map(
        signer.sign({
          method: "POST",
          url: "https://a.test/",
          headers: [["Webhook-Id", id]],
          content: binary,
        }).headers,
      ).get("webhook-id");
    expect(sign("msg_1")).toBe("msg_1");
    expect(() => sign("msg.1")).toThrow("nonce-malformed");
  });

  it("wants the content itself", () => {
    const signer = new Signer({ appId, apiKey: STRIPE.secret, scheme: stripe({ appId }), clock });
    const content = { sha256: Buffer.alloc(32) };
    expect(() => signer.sign({ method: "POST", url: "https://a.test/", content })).toThrow(
      "content: is given by its hash alone",
    );
  });
});

describe("options", () => {
  it.each<[string, (options: never) => Scheme]>([
    ["github", github],
    ["slack", slack],
    ["standardWebhooks", standardWebhooks],
    ["stripe", stripe],
  ])("%s refuses what it does not know, and what is none", (at, factory) => {
    const make = (options: unknown) => () => factory(options as never);
    const refused = (option: string): unknown => expect.objectContaining({ option });
    for (const stranger of ["maxAgeSeconds", "rememberSeconds", "prefix", "template"])
      expect(make({ appId, [stranger]: 300 })).toThrow(refused(`${at}.${stranger}`));
    for (const none of [null, [], "stripe", 300]) expect(make(none)).toThrow(refused(at));
    expect(make(undefined)).toThrow(refused(`${at}.appId`));
    for (const name of ["lk1_x", "a b", "", 7, null])
      expect(make({ appId: name })).toThrow(refused(`${at}.appId`));
    for (const maxAge of [0, -1, 1.5, "300", 31_536_001, null])
      expect(make({ appId, maxAge })).toThrow(refused(`${at}.maxAge`));
  });

  it("github remembers for five minutes at least", () => {
    expect(() => github({ appId, maxAge: 299 })).toThrow("whole number of seconds from 300 to");
    expect(github({ appId }).window).toEqual({ maxAgeSeconds: 86_400 });
  });

  it("the others say five minutes, and how far ahead only where it was said", () => {
    for (const factory of [slack, standardWebhooks, stripe]) {
      expect(factory({ appId }).window).toEqual({ maxAgeSeconds: 300 });
      expect(factory({ appId, maxAge: 60, futureSkew: 0 }).window).toEqual({
        maxAgeSeconds: 60,
        futureSkewSeconds: 0,
        isTolerant: true,
      });
    }
  });
});
